package dev.sluice.embedding;

import java.util.function.IntSupplier;

/** A bounded queue that serves tenants in turn, as {@link Lines} do, and who can wait only while nobody else is there. */
final class FairQueue<T> {
    /** After a burst, what is to be stored of so many questions is made up for. */
    private static final int PATIENT = 256;

    private final Lines<T> urgent;
    private final Lines<T> patient = new Lines<>(() -> PATIENT);

    /** @param capacity how many may wait, besides those that can */
    FairQueue(IntSupplier capacity) {
        this.urgent = new Lines<>(capacity);
    }

    /** Who has no place now: null, the newcomer itself, or who had to give way to it. */
    synchronized T offer(String tenant, T newcomer) {
        return offer(urgent, tenant, newcomer);
    }

    /** The same for who can wait until nobody else does. */
    synchronized T offerPatient(String tenant, T newcomer) {
        return offer(patient, tenant, newcomer);
    }

    private T offer(Lines<T> lines, String tenant, T newcomer) {
        T loser = lines.offer(tenant, newcomer);
        if (loser != newcomer) {
            notify();
        }
        return loser;
    }

    synchronized boolean isEmpty() {
        return urgent.isEmpty() && patient.isEmpty();
    }

    /** Waits for somebody to serve. */
    synchronized T take() throws InterruptedException {
        while (isEmpty()) {
            wait();
        }
        return poll();
    }

    /** Null where nobody waits. */
    synchronized T poll() {
        return urgent.isEmpty() ? patient.poll() : urgent.poll();
    }
}
