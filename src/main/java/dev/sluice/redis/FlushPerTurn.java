package dev.sluice.redis;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.vertx.core.impl.CloseFuture;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.impl.VertxWrapper;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.impl.NetClientImpl;
import io.vertx.core.spi.metrics.TCPMetrics;
import io.vertx.core.spi.metrics.VertxMetrics;

/**
 * The Vert.x that Redis' clients are made with: what one turn of an event loop asks of Redis leaves in one packet, and is
 * read there in one. Vert.x itself makes a system call for every command, which costs both sides more than the command.
 */
final class FlushPerTurn extends VertxWrapper {
    /** In one packet: Redis does not have to wait for more. */
    private static final int COMMANDS = 64;

    FlushPerTurn(VertxInternal vertx) {
        super(vertx);
    }

    @Override
    public NetClient createNetClient(NetClientOptions options) {
        VertxMetrics meters = metricsSPI();
        TCPMetrics<?> metrics = meters == null ? null : meters.createNetClientMetrics(options);
        CloseFuture closing = new CloseFuture();
        NetClientImpl client = new NetClientImpl(delegate, metrics, options, closing) {
            @Override
            protected void initChannel(ChannelPipeline pipeline) {
                super.initChannel(pipeline);
                pipeline.addLast("flush", new FlushConsolidationHandler(COMMANDS, true));
            }
        };
        closing.add(client);
        return client;
    }
}
