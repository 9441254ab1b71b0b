//! Names of fields that hold text in every type of Kubernetes that has them, from the API's definitions
//! of version 1.37. A name that is text in one type and a number in another is not here.

use std::collections::HashSet;
use std::sync::LazyLock;

static TEXT: LazyLock<HashSet<&str>> = LazyLock::new(|| TEXTS.split_whitespace().collect());
static LIST: LazyLock<HashSet<&str>> = LazyLock::new(|| LISTS.split_whitespace().collect());
static MAP: LazyLock<HashSet<&str>> = LazyLock::new(|| MAPS.split_whitespace().collect());

/// Whether a field is text.
pub(super) fn is_text(field: &str) -> bool {
    TEXT.contains(field)
}

/// Whether a list's items are text.
pub(super) fn is_list_of_text(field: &str) -> bool {
    LIST.contains(field)
}

/// Whether a mapping's values are text.
pub(super) fn is_map_of_text(field: &str) -> bool {
    MAP.contains(field)
}

/// Names of fields that are a string in every type of Kubernetes that has them.
const TEXTS: &str = "\
     accessMode acquireTime action address addressType allocationMode allocationTimestamp apiGroup \
     apiServerID apiVersion appProtocol architecture attacher attribute audience beginRefreshAt \
     binaryVersion bootID buildDate caBundle cachingMode capacityKey certificate certificateChain \
     certificateChainPath cidr claimName clientCIDR clusterIP commonEncodingVersion compiler \
     completedIndexes completionMode completionTime component concurrencyPolicy conditionType \
     container containerID containerName containerRuntimeVersion continue counterSet \
     creationTimestamp credentialBundlePath currentRevision currentVolumeAttributesClassName \
     datasetName datasetUUID defaultPartitionTypeAttribute deletionTimestamp \
     deprecatedFirstTimestamp deprecatedLastTimestamp deprecationWarning description device \
     deviceClassName devicePath directory diskName diskURI distinctAttribute dnsPolicy driver \
     driverName effect emulationMajor emulationMinor emulationVersion encodingVersion endpoints \
     endpointsNamespace error evaluationError eventTime expectedCompletionTime expirationTimestamp \
     expression extendedResourceName externalID externalName externalTrafficPolicy failedIndexes \
     failurePolicy field fieldPath fieldRef fieldsType finishedAt firstTimestamp format \
     fsGroupChangePolicy fsGroupPolicy fsType gateway generateName gitCommit gitTreeState \
     gitVersion gmsaCredentialSpec gmsaCredentialSpecName goVersion group groupVersion handler \
     hardwareAddress health heartbeatTime holderIdentity host hostIP hostname hostnameOverride id \
     image imageID imagePullPolicy imageRef ingressClassName initiatorName intent interfaceName \
     internalTrafficPolicy ip ipFamilyPolicy ipMode iqn iscsiInterface jsonPath kernelVersion key \
     keyPath keyType keyring kind kubeProxyVersion kubeletConfigKey kubeletVersion \
     labelSelectorPath lastHeartbeatTime lastObservedTime lastPhaseTransitionTime lastProbeTime \
     lastScaleTime lastScheduleTime lastSuccessfulTime lastTimestamp lastTransitionTime \
     lastUpdateTime leaseName level listKind loadBalancerClass loadBalancerIP localhostProfile \
     machineID major managedBy manager matchAttribute matchPolicy medium message messageExpression \
     minCompatibilityMajor minCompatibilityMinor minor mountPath mountPropagation name namespace \
     nodeAffinityPolicy nodeID nodeName nodeTaintsPolicy nodeUID nominatedNodeName notAfter \
     notBefore note operatingSystem operation operator osImage parameterNotFoundAction \
     parentCompositePodGroupName partitionTypeAttribute patchType path pathType pattern pdID pdName \
     persistentVolumeName persistentVolumeReclaimPolicy phase pingTime pkixPublicKey platform \
     plural podCIDR podGroupName podIP podManagementPolicy podName podReplacementPolicy podUID \
     policyName pool poolName preemptionPolicy preferredHolder prefix priorityClassName procMount \
     proofOfPossession propagationPolicy protectionDomain protocol providerID provisioner \
     pullPolicy qosClass rawSelector reason reclaimPolicy recursiveReadOnly reference registry \
     reinvocationPolicy renewTime reportingComponent reportingController reportingInstance \
     repository request requestName requester resize resource resourceClaimName \
     resourceClaimTemplateName resourceID resourceName resourceVersion restartPolicy role rule \
     runAsUserName runtimeClassName schedule schedulerName scheme scope scopeName \
     seLinuxChangePolicy secretFile secretName secretNamespace selectPolicy selfLink server \
     serverAddress service serviceAccount serviceAccountName serviceAccountUID serviceName \
     sessionAffinity shareID shareName sideEffects signerName singular singularName source \
     specReplicasPath startTime startedAt state status statusReplicasPath stopSignal \
     storageClassName storageMode storagePolicyID storagePolicyName storagePool storageVersionHash \
     strategy string stubPKCS10Request subPath subPathExpr subdomain subresource succeededIndexes \
     system systemUUID targetContainerName targetPortal targetVolumeAttributesClassName \
     templateName tenant terminationMessagePath terminationMessagePolicy time timeAdded timeZone \
     title token topologyKey trafficDistribution trustBundle type unhealthyPodEvictionPolicy \
     updateRevision url username validationError valueExpression verb version volume \
     volumeAttributesClassName volumeBindingMode volumeHandle volumeID volumeMode volumeName \
     volumeNamespace volumePath warning whenDeleted whenScaled whenUnsatisfiable workingDir \
     workloadName zone";

/// Names of fields that are a list of strings wherever they are a list of scalars.
const LISTS: &str = "\
     accessModes add addresses admissionReviewVersions apiGroups apiVersions args audiences \
     bindMountOptions bindingConditions bindingFailureConditions categories cidrs clusterIPs \
     command compatibilityGroups conversionReviewVersions declaredFeatures decodableVersions \
     disableResizePreemption drop dryRun except externalIPs finalizers groups hostnames hosts \
     ipFamilies ips loadBalancerSourceRanges matchLabelKeys mismatchLabelKeys monitors mountOptions \
     nameservers namespaces nonResourceURLs operations podCIDRs policyTypes portals required \
     resourceNames resources scopes searches servedVersions shortNames skipNodeOperations \
     storedVersions strings targetWWNs topologyKeys usages validationActions verbs versions \
     volumeLifecycleModes volumesInUse wwids";

/// Names of fields that map to strings wherever they map to scalars.
const MAPS: &str = "\
     allocatedResourceStatuses annotations attachmentMetadata deprecatedTopology labels matchLabels \
     nodeSelector options selector stringData unverifiedUserAnnotations userAnnotations \
     volumeAttributes";
