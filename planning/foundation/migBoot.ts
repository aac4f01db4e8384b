/**
 * Program and unit that cut every GPU of a node into MIG slices at each start, before kubelet: slices end with a reboot, and
 * from Hopper on MIG mode does too. A node that can't be cut never joins, because nodeadm's second half needs the unit: it
 * would offer whole GPUs that nobody planned.
 *
 * Where the driver may not reset a card (A100 given through to a virtual machine), MIG mode waits for the next start: the
 * node reboots, once.
 * Sources: NVIDIA MIG User Guide, "Getting started with MIG"; NVIDIA mig-parted, deployments/systemd; amazon-eks-ami
 * v20260714, templates/al2023 (nodeadm-run.service comes after cloud-init, nvidia-kmod-load.service loads the driver).
 */

/** `nvidia-smi` takes a profile for each slice, and cuts all cards that it isn't told apart. */
const program = (profiles: string) => `#!/bin/bash
set -euo pipefail
rebooted=$STATE_DIRECTORY/rebooted
nvidia-smi -mig 1 || true
modes=$(nvidia-smi --query-gpu=mig.mode.current --format=csv,noheader)
if grep -qvx Enabled <<<"$modes"; then
  if [ -e "$rebooted" ]; then
    echo "MIG mode is not enabled, not even after a reboot: $modes" >&2
    exit 1
  fi
  touch "$rebooted"
  systemctl reboot
  sleep infinity
fi
rm -f "$rebooted"
nvidia-smi mig -dci || true
nvidia-smi mig -dgi || true
nvidia-smi mig -cgi ${profiles} -C
nvidia-smi -L
`;

const unit = `[Unit]
Description=Cut the GPUs into MIG slices
After=nvidia-kmod-load.service nvidia-fabricmanager.service nvidia-persistenced.service
Before=nodeadm-run.service kubelet.service

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/cut-gpus
StateDirectory=cut-gpus
RemainAfterExit=true
StandardError=journal+console

[Install]
WantedBy=multi-user.target
RequiredBy=nodeadm-run.service
`;

/**
 * Shell part of user data, which cloud-init runs once, after nodeadm has read its configuration and before it starts kubelet.
 * @param profile of every slice, such as `3g.20gb`
 * @param perCard how many there are on each card
 */
export function migBootScript({
  perCard,
  profile,
}: {
  readonly profile: string;
  readonly perCard: number;
}): string {
  const profiles = Array.from({ length: perCard }, () => profile).join(",");
  return `#!/bin/bash
set -euo pipefail
cat > /usr/local/sbin/cut-gpus <<'PROGRAM'
${program(profiles)}PROGRAM
chmod 755 /usr/local/sbin/cut-gpus
cat > /etc/systemd/system/cut-gpus.service <<'UNIT'
${unit}UNIT
systemctl daemon-reload
systemctl enable --now cut-gpus.service
`;
}
