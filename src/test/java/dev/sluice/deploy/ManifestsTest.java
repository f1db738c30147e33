package dev.sluice.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The manifests as a cluster would see them; no cluster runs here, so they are read against its types. */
class ManifestsTest {
    private static final Path DEPLOY = Path.of("deploy");
    private static final String BASE = "kubernetes/base";
    private static final String DEV = "kubernetes/overlays/dev";
    private static final String PROD = "kubernetes/overlays/prod";
    private static final int PORT = 8080;

    @BeforeAll
    static void kubectlIsNeeded() {
        assumeTrue(Manifests.canBeRendered(), "kubectl is not installed: the manifests are not rendered");
    }

    @ParameterizedTest
    @ValueSource(strings = { BASE, DEV, PROD, "knative"})
    void everyFieldOfEveryObjectIsOneThatItsTypeHas(String folder) throws Exception {
        assertThat(Manifests.of(DEPLOY.resolve(folder)).objects()).isNotEmpty();
    }

    @Test
    void aFieldThatNoTypeHasIsSeen() {
        assertThatThrownBy(() -> Manifests.read("""
                apiVersion: v1
                kind: Service
                metadata: { name: x }
                spec: { prots: [] }
                """)).isInstanceOf(UnrecognizedPropertyException.class).hasMessageContaining("prots");
    }

    @ParameterizedTest
    @ValueSource(strings = { BASE, DEV, PROD})
    void whatSelectsPodsSelectsOurs(String folder) throws Exception {
        Manifests manifests = Manifests.of(DEPLOY.resolve(folder));
        Deployment deployment = manifests.one(Deployment.class, "sluice");
        Map<String, String> pods = deployment.getSpec().getTemplate().getMetadata().getLabels();
        Service service = manifests.one(Service.class, "sluice");

        assertThat(pods).isNotEmpty();
        List<Map<String, String>> selectors = List.of(
                deployment.getSpec().getSelector().getMatchLabels(),
                service.getSpec().getSelector(),
                manifests.one(PodDisruptionBudget.class, "sluice").getSpec().getSelector().getMatchLabels(),
                manifests.one(NetworkPolicy.class, "sluice").getSpec().getPodSelector().getMatchLabels());
        assertThat(selectors).allSatisfy(selector -> {
            assertThat(selector).isNotEmpty();
            assertThat(pods).containsAllEntriesOf(selector);
        });
        deployment.getSpec().getTemplate().getSpec().getTopologySpreadConstraints().forEach(spread -> assertThat(pods)
                .containsAllEntriesOf(spread.getLabelSelector().getMatchLabels()));
        assertThat(service.getMetadata().getLabels()).containsAllEntriesOf(
                manifests.one(ServiceMonitor.class, "sluice").getSpec().getSelector().getMatchLabels());
        assertThat(manifests.one(HorizontalPodAutoscaler.class, "sluice").getSpec().getScaleTargetRef().getName())
                .isEqualTo(deployment.getMetadata().getName());
    }

    @ParameterizedTest
    @ValueSource(strings = { BASE, DEV, PROD})
    void portsAndProbesAreTheApplications(String folder) throws Exception {
        Manifests manifests = Manifests.of(DEPLOY.resolve(folder));
        Container container = gateway(manifests);
        ContainerPort port = container.getPorts().get(0);
        ServicePort served = manifests.one(Service.class, "sluice").getSpec().getPorts().get(0);

        assertThat(port.getContainerPort()).isEqualTo(PORT);
        assertThat(served.getTargetPort().getStrVal()).isEqualTo(port.getName());
        assertThat(manifests.one(ServiceMonitor.class, "sluice").getSpec().getEndpoints().get(0).getPort())
                .isEqualTo(served.getName());
        assertThat(Stream.of(container.getStartupProbe(), container.getReadinessProbe(), container.getLivenessProbe())
                .map(Probe::getHttpGet).toList())
                .allSatisfy(probe -> assertThat(probe.getPort().getStrVal()).isEqualTo(port.getName()))
                .extracting(HTTPGetAction::getPath)
                .containsExactly("/q/health/ready", "/q/health/ready", "/q/health/live");
        manifests.all(Ingress.class).forEach(ingress -> ingress.getSpec().getRules().forEach(rule -> rule.getHttp()
                .getPaths().forEach(path -> assertThat(path.getBackend().getService().getPort().getName())
                        .isEqualTo(served.getName()))));
    }

    /** The restricted profile of Kubernetes' pod security standards. */
    @ParameterizedTest
    @ValueSource(strings = { BASE, DEV, PROD})
    void podsAreRestricted(String folder) throws Exception {
        PodTemplateSpec pod = Manifests.of(DEPLOY.resolve(folder)).one(Deployment.class, "sluice").getSpec()
                .getTemplate();

        assertThat(pod.getSpec().getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod.getSpec().getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
        assertThat(pod.getSpec().getAutomountServiceAccountToken()).isFalse();
        SecurityContext container = pod.getSpec().getContainers().get(0).getSecurityContext();
        assertThat(container.getAllowPrivilegeEscalation()).isFalse();
        assertThat(container.getReadOnlyRootFilesystem()).isTrue();
        assertThat(container.getCapabilities().getDrop()).containsExactly("ALL");
    }

    @Test
    void aPodHasTimeToDrain() throws Exception {
        Manifests manifests = Manifests.of(DEPLOY.resolve(BASE));
        PodTemplateSpec pod = manifests.one(Deployment.class, "sluice").getSpec().getTemplate();
        long sleep = gateway(manifests).getLifecycle().getPreStop().getSleep().getSeconds();

        assertThat(configuration(manifests)).contains("delay: 5s, timeout: 30s");
        assertThat(pod.getSpec().getTerminationGracePeriodSeconds()).isGreaterThanOrEqualTo(sleep + 5 + 30 + 10);
    }

    @Test
    void everySecretThatTheConfigurationWantsIsInTheEnvironmentAndNoneInTheConfigMap() throws Exception {
        for (String folder : List.of(BASE, DEV, PROD)) {
            Manifests manifests = Manifests.of(DEPLOY.resolve(folder));

            assertThat(gateway(manifests).getEnvFrom().get(0).getSecretRef().getName()).startsWith("sluice");
            assertThat(configuration(manifests)).doesNotContain("sk-").doesNotContain("admin-token");
        }
    }

    @Test
    void servicesOfTheNamespaceAreNoConfigurationOfTheGateway() throws Exception {
        assertThat(Manifests.of(DEPLOY.resolve(BASE)).one(Deployment.class, "sluice").getSpec().getTemplate().getSpec()
                .getEnableServiceLinks()).isFalse();
    }

    @Test
    void theOverlaysHaveWhatTheyPromise() throws Exception {
        assertThat(kinds(DEV)).containsEntry("StatefulSet", 1).containsEntry("Secret", 1);
        assertThat(kinds(PROD)).containsEntry("Ingress", 1).doesNotContainKeys("StatefulSet", "Secret");
        assertThat(configuration(Manifests.of(DEPLOY.resolve(PROD)))).contains("rediss://");
    }

    @Test
    void knativeRunsTheSameConfiguration() throws IOException {
        assertThat(Files.readString(DEPLOY.resolve("knative/sluice.yaml")))
                .isEqualTo(Files.readString(DEPLOY.resolve("kubernetes/base/sluice.yaml")));
    }

    private static Map<String, Integer> kinds(String folder) throws Exception {
        Map<String, Integer> kinds = new TreeMap<>();
        for (HasMetadata object : Manifests.of(DEPLOY.resolve(folder)).objects()) {
            kinds.merge(object.getKind(), 1, Integer::sum);
        }
        return kinds;
    }

    private static Container gateway(Manifests manifests) {
        return manifests.one(Deployment.class, "sluice").getSpec().getTemplate().getSpec().getContainers().get(0);
    }

    /** The file that is mounted where the gateway is told to look. */
    static String configuration(Manifests manifests) {
        var pod = manifests.one(Deployment.class, "sluice").getSpec().getTemplate().getSpec();
        String mounted = pod.getVolumes().stream().filter(volume -> volume.getConfigMap() != null)
                .map(volume -> volume.getConfigMap().getName()).findFirst().orElseThrow();
        assertThat(pod.getContainers().get(0).getEnv()).anySatisfy(variable -> {
            assertThat(variable.getName()).isEqualTo("QUARKUS_CONFIG_LOCATIONS");
            assertThat(variable.getValue()).isEqualTo("/etc/sluice/sluice.yaml");
        });
        ConfigMap map = manifests.one(ConfigMap.class, mounted);
        assertThat(map.getData().keySet()).isEqualTo(Set.of("sluice.yaml"));
        return map.getData().get("sluice.yaml");
    }
}
