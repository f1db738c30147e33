package dev.sluice;

import java.util.Optional;

/** What a request has to do with others that ask the same. */
public interface Sharing {

    /** Nothing. */
    Sharing NONE = new Sharing() {
        @Override
        public Optional<String> identity() {
            return Optional.empty();
        }

        @Override
        public boolean alone() {
            return true;
        }

        @Override
        public boolean abandoned() {
            return false;
        }
    };

    /** Requests of equal identity may share an answer; empty: this one shares none, neither now nor later. */
    Optional<String> identity();

    /** Whether it neither waits for an identical request that is being answered nor has others wait for it. */
    boolean alone();

    /** Whether who asked has gone, and is accounted for, while the call goes on for others. */
    boolean abandoned();
}
