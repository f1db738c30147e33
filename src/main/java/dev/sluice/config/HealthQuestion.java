package dev.sluice.config;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.URI;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;

/** Asks the gateway on this machine whether it is ready, at the port that the same environment tells it to listen on. */
final class HealthQuestion {
    private static final int PATIENCE_MILLIS = 2_000;
    private static final int OK = 200;

    private HealthQuestion() {
    }

    /** Within two seconds. */
    static boolean ask() {
        Config config = ConfigProvider.getConfig();
        int port = config.getOptionalValue("quarkus.http.port", Integer.class).orElse(8080);
        try {
            HttpURLConnection connection = (HttpURLConnection) URI.create("http://"
                    + InetAddress.getLoopbackAddress().getHostAddress() + ":" + port + "/q/health/ready").toURL()
                    .openConnection();
            connection.setConnectTimeout(PATIENCE_MILLIS);
            connection.setReadTimeout(PATIENCE_MILLIS);
            return connection.getResponseCode() == OK;
        } catch (IOException e) {
            return false;
        }
    }
}
