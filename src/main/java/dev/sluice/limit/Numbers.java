package dev.sluice.limit;

import java.nio.ByteBuffer;

/** Several numbers in one argument of a script: doubles, which hold every whole number below 2^53. */
final class Numbers {
    private Numbers() {
    }

    static byte[] of(long... numbers) {
        ByteBuffer packed = ByteBuffer.allocate(numbers.length * Double.BYTES);
        for (long number : numbers) {
            packed.putDouble(number);
        }
        return packed.array();
    }

    static int digit(boolean yes) {
        return yes ? 1 : 0;
    }
}
