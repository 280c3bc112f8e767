{{- define "ubt.name" -}}
{{- if contains "ubt" .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-ubt{{ end }}
{{- end }}

{{/* Labels of everything. Call with (dict "root" $ "component" "detector"). */}}
{{- define "ubt.labels" -}}
{{ include "ubt.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "ubt.selectorLabels" -}}
app.kubernetes.io/name: ubt
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Call with (dict "root" $ "repository" … "digest" …). */}}
{{- define "ubt.image" -}}
{{- $tag := .root.Values.image.tag | default .root.Chart.AppVersion -}}
{{- if .digest }}{{ printf "%s@%s" .repository .digest }}{{ else }}{{ printf "%s:%s" .repository $tag }}{{ end }}
{{- end }}

{{- define "ubt.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "ubt.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "ubt.otlpEndpoint" -}}
{{- if .Values.telemetry.otlpEndpoint }}{{ .Values.telemetry.otlpEndpoint }}
{{- else if .Values.telemetry.collector.enabled }}http://{{ include "ubt.name" . }}-collector:4318
{{- end }}
{{- end }}

{{/* Claim of a component's /data. Replicas that score online have none of their own. */}}
{{- define "ubt.dataClaim" -}}
{{- $values := .root.Values.storage -}}
{{- if eq $values.kind "volume" -}}
{{ $values.volume.existingClaim | default (printf "%s-data" (include "ubt.name" .root)) }}
{{- else -}}
{{ include "ubt.name" .root }}-{{ .component }}-jobs
{{- end }}
{{- end }}

{{- define "ubt.roots" -}}
{{- $roots := list "/data" -}}
{{- if eq .Values.storage.kind "s3" }}{{ $roots = append $roots .Values.storage.s3.store }}{{ end -}}
{{- range .Values.storage.inputs }}{{ $roots = append $roots .mountPath }}{{ end -}}
{{- join "," (concat $roots .Values.storage.roots) -}}
{{- end }}

{{/* A variable per line of a map. */}}
{{- define "ubt.env" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/*
The pod of a service. Call with (dict "root" $ "component" "unlearner" "stage" "unlearner" "values" … "mode" …);
mode is service, scoring or shards (no jobs of its own), or batch (ends when idle).
*/}}
{{- define "ubt.pod" -}}
{{- $root := .root -}}
{{- $values := .values -}}
{{- $gpu := dict -}}
{{- $jobless := has .mode (list "scoring" "shards") -}}
{{- if and (eq .stage "unlearner") $values.gpu.enabled }}{{ $gpu = $values.gpu }}{{ end -}}
metadata:
  labels:
    {{- include "ubt.labels" . | nindent 4 }}
spec:
  serviceAccountName: {{ include "ubt.name" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- if eq .mode "batch" }}
  restartPolicy: OnFailure
  {{- end }}
  terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- include "ubt.podSecurityContext" $root | nindent 4 }}
  {{- with $gpu.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  {{- with merge (dict) $values.nodeSelector ($gpu.nodeSelector | default dict) }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with concat $values.tolerations ($gpu.tolerations | default list) }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .stage }}
      {{- if $gpu }}
      image: {{ include "ubt.image" (dict "root" $root "repository" $gpu.repository "digest" $gpu.digest) }}
      {{- else }}
      image: {{ include "ubt.image" (dict "root" $root "repository" $root.Values.image.repository "digest" $root.Values.image.digest) }}
      {{- end }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args: [services/{{ .stage }}/dist/main.js]
      securityContext:
        {{- include "ubt.containerSecurityContext" $root | nindent 8 }}
      ports:
        - name: grpc
          containerPort: {{ $values.port }}
        - name: health
          containerPort: {{ $root.Values.security.healthPort }}
      env:
        {{- include "ubt.podEnv" . | nindent 8 }}
        {{- if $gpu }}
        {{- include "ubt.env" (dict "UBT_BACKEND" "tensorflow" "UBT_DEVICE" "cuda") | nindent 8 }}
        {{- end }}
        {{- with $values.env }}
        {{- include "ubt.env" . | nindent 8 }}
        {{- end }}
      {{- if and (eq $root.Values.storage.kind "s3") $root.Values.storage.s3.existingSecret }}
      envFrom:
        - secretRef:
            name: {{ $root.Values.storage.s3.existingSecret }}
      {{- end }}
      {{- $probePort := $root.Values.security.healthPort }}
      startupProbe:
        grpc: { port: {{ $probePort }} }
        periodSeconds: 2
        failureThreshold: 60
      readinessProbe:
        grpc: { port: {{ $probePort }} }
        periodSeconds: 5
      livenessProbe:
        grpc: { port: {{ $probePort }} }
        periodSeconds: 15
        timeoutSeconds: 5
        failureThreshold: 4
      resources:
        {{- $resources := deepCopy $values.resources }}
        {{- if $gpu }}
        {{- $resources = mergeOverwrite $resources (dict "limits" (dict $gpu.resource $gpu.count)) }}
        {{- end }}
        {{- toYaml $resources | nindent 8 }}
      volumeMounts:
        - { name: tmp, mountPath: /tmp }
        {{- if not $jobless }}
        - { name: data, mountPath: /data }
        {{- else }}
        - { name: scratch, mountPath: /scratch }
        {{- if eq $root.Values.storage.kind "volume" }}
        - { name: data, mountPath: /data{{ if eq .mode "scoring" }}, readOnly: true{{ end }} }
        {{- end }}
        {{- end }}
        {{- range $root.Values.storage.inputs }}
        - { name: input-{{ .name }}, mountPath: {{ .mountPath }}, readOnly: true }
        {{- end }}
        {{- include "ubt.secretMounts" $root | nindent 8 }}
  volumes:
    - name: tmp
      emptyDir: {}
    {{- if $jobless }}
    - name: scratch
      emptyDir: {}
    {{- end }}
    {{- if eq .mode "batch" }}
    - name: data
      emptyDir: {}
    {{- else if or (not $jobless) (eq $root.Values.storage.kind "volume") }}
    - name: data
      persistentVolumeClaim:
        claimName: {{ include "ubt.dataClaim" . }}
    {{- end }}
    {{- range $root.Values.storage.inputs }}
    - name: input-{{ .name }}
      persistentVolumeClaim:
        claimName: {{ .claimName }}
        readOnly: true
    {{- end }}
    {{- include "ubt.secretVolumes" $root | nindent 4 }}
{{- end }}

{{/* Secrets are mounted as folders: renewed ones appear there, and the services look. */}}
{{- define "ubt.secrets" -}}
tls: {{ .Values.security.tlsSecret | quote }}
access: {{ .Values.security.accessSecret | quote }}
{{ include "ubt.natsSecrets" . }}
{{- end }}

{{- define "ubt.natsSecrets" -}}
nats-tls: {{ .Values.nats.tlsSecret | quote }}
nats-creds: {{ .Values.nats.credsSecret | quote }}
{{- end }}

{{- define "ubt.secretMounts" -}}
{{- range $name, $secret := include "ubt.secrets" . | fromYaml }}
{{- if $secret }}
- { name: {{ $name }}, mountPath: /etc/ubt/{{ $name }}, readOnly: true }
{{- end }}
{{- end }}
{{- end }}

{{- define "ubt.secretVolumes" -}}
{{- range $name, $secret := include "ubt.secrets" . | fromYaml }}
{{- if $secret }}
- name: {{ $name }}
  secret:
    secretName: {{ $secret }}
    defaultMode: 288
{{- end }}
{{- end }}
{{- end }}

{{- define "ubt.natsEnv" -}}
{{- $env := dict "UBT_NATS_URL" .Values.nats.url -}}
{{- if .Values.nats.tlsSecret -}}
{{- $_ := set $env "UBT_NATS_TLS_CA" "/etc/ubt/nats-tls/ca.crt" -}}
{{- end -}}
{{- if .Values.nats.clientCertificate -}}
{{- $_ := set $env "UBT_NATS_TLS_CERT" "/etc/ubt/nats-tls/tls.crt" -}}
{{- $_ := set $env "UBT_NATS_TLS_KEY" "/etc/ubt/nats-tls/tls.key" -}}
{{- end -}}
{{- if .Values.nats.credsSecret }}{{ $_ := set $env "UBT_NATS_CREDS" "/etc/ubt/nats-creds/nats.creds" }}{{ end -}}
{{- if .Values.security.allowInsecure }}{{ $_ := set $env "UBT_ALLOW_INSECURE" true }}{{ end -}}
{{- toYaml $env }}
{{- end }}

{{- define "ubt.podEnv" -}}
{{- $root := .root -}}
{{- $env := dict
  "UBT_HOST" "0.0.0.0"
  "UBT_PORT" .values.port
  "UBT_DATA_DIR" "/data"
  "UBT_ARTIFACT_ROOTS" (include "ubt.roots" $root)
  "UBT_HEALTH_PORT" $root.Values.security.healthPort
  "UBT_REFLECTION" $root.Values.reflection
  "UBT_LOG_LEVEL" $root.Values.logLevel
  "UBT_SHUTDOWN_GRACE_SECONDS" .values.shutdownGraceSeconds -}}
{{- $env = merge $env (include "ubt.natsEnv" $root | fromYaml) -}}
{{- $security := $root.Values.security -}}
{{- if $security.tlsSecret -}}
{{- $_ := set $env "UBT_TLS_CERT" "/etc/ubt/tls/tls.crt" -}}
{{- $_ := set $env "UBT_TLS_KEY" "/etc/ubt/tls/tls.key" -}}
{{- $_ := set $env "UBT_TLS_CA" "/etc/ubt/tls/ca.crt" -}}
{{- $_ := set $env "UBT_TLS_CLIENT_AUTH" $security.clientAuth -}}
{{- else if not $security.allowInsecure -}}
{{- fail "Set security.tlsSecret, or security.allowInsecure=true where a mesh protects the services." -}}
{{- end -}}
{{- if $security.accessSecret }}{{ $_ := set $env "UBT_AUTH_FILE" "/etc/ubt/access/access.json" }}{{ end -}}
{{- with include "ubt.otlpEndpoint" $root }}{{ $_ := set $env "UBT_OTLP_ENDPOINT" . }}{{ end -}}
{{- if eq $root.Values.storage.kind "s3" -}}
{{- $s3 := $root.Values.storage.s3 -}}
{{- $_ := set $env "UBT_ARTIFACT_STORE" $s3.store -}}
{{- with $s3.endpoint }}{{ $_ := set $env "UBT_S3_ENDPOINT" . }}{{ end -}}
{{- with $s3.region }}{{ $_ := set $env "UBT_S3_REGION" . }}{{ end -}}
{{- end -}}
{{- if eq .stage "detector" -}}
{{- $_ := set $env "UBT_ROLE" (get (dict "service" "all" "scoring" "online" "shards" "shards") .mode) -}}
{{- $_ := set $env "UBT_SHARD_PAIRS" (int64 $root.Values.shards.pairs) -}}
{{- $_ := set $env "UBT_SHARD_FROM_PAIRS" (int64 $root.Values.shards.fromPairs) -}}
{{- $_ := set $env "UBT_SHARD_ACK_SECONDS" $root.Values.shards.ackSeconds -}}
{{- end -}}
{{- /* Shards leave their results where the jobs look for them; what these pods keep for themselves is scratch. */ -}}
{{- if or (eq .mode "scoring") (and (eq .mode "shards") (eq $root.Values.storage.kind "s3")) -}}
{{- $_ := set $env "UBT_DATA_DIR" "/scratch" -}}
{{- else if eq .mode "shards" -}}
{{- $_ := set $env "UBT_WORK_DIR" "/scratch" -}}
{{- end -}}
{{- if eq .mode "batch" }}{{ $_ := set $env "UBT_IDLE_EXIT_SECONDS" $root.Values.keda.idleExitSeconds }}{{ end -}}
{{- include "ubt.env" $env }}
{{- end }}
