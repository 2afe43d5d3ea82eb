#!/usr/bin/env bash
# Run a command on another kernel: boot it in a small virtual machine that sees this machine's files, by 9p, and may
# write what it likes, over them, in memory. Nothing is installed, and nothing stays.
#
#   tests/kernels/boot.sh [-a ARGS] [-k] [-m MACHINE] [-r ROOT] [-s MIB] KERNEL COMMAND...
#
# KERNEL   a folder with boot/vmlinuz-* and (usr/)lib/modules/*: a distribution's package, unpacked, for example
#              apt-get download linux-image-6.1.0-50-amd64-unsigned && dpkg -x linux-image-*.deb KERNEL
# COMMAND  runs as root in the same folder; its exit status is ours (124: the machine ended without one)
# -a ARGS  more of the kernel's command line: lockdown=confidentiality
# -k       by KVM; otherwise the machine is emulated, which works anywhere and is some 10 times slower
# -m       x86_64 or aarch64 (default: this machine's); another one needs
# -r ROOT  a root file system of that machine, with BusyBox at bin/busybox; the folder is then /
# -s MIB   memory (default 2048)
#
# Needs: qemu-system-x86 or qemu-system-arm, busybox-static, kmod, cpio, xz-utils.
set -euo pipefail

arguments='' acceleration=tcg machine=$(uname -m) root=/ memory=2048
while getopts a:km:r:s: option; do
    case $option in
        a) arguments=$OPTARG ;;
        k) acceleration=kvm ;;
        m) machine=$OPTARG ;;
        r) root=$OPTARG ;;
        s) memory=$OPTARG ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
kernel=$1
shift
folder=$PWD
[ "$root" = / ] || folder=/

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# An initial file system: BusyBox, and what it takes to see the files.
mkdir -p "$work"/initial/{bin,dev,proc,sys,modules,lower,upper,root}
install "$(for path in "$root/bin/busybox" "$root/usr/bin/busybox"; do
    [ ! -x "$path" ] || { echo "$path"; break; }
done)" "$work/initial/bin/busybox"
modules=$(echo "$kernel"/lib/modules/* "$kernel"/usr/lib/modules/* | tr ' ' '\n' | grep -v '\*$' | head -1)
release=$(basename "$modules")
mkdir -p "$work/index/lib/modules/$release"    # the folder itself may be read-only
ln -s "$(realpath "$modules/kernel")" "$work/index/lib/modules/$release/kernel"
depmod -b "$work/index" -n "$release" 2>/dev/null | sed -n '/\.ko[.a-z]*:/p' > "$work/dependencies"
number=10
add() { # a module after those it needs; some are built in
    local line path needed
    line=$(grep -m1 -E "(^|/)$1\.ko[.a-z]*:" "$work/dependencies") || return 0
    path=${line%%:*}
    for needed in $(printf '%s\n' ${line#*:} | tac); do add "$(basename "${needed%%.ko*}")"; done
    if ! compgen -G "$work/initial/modules/*-$1.ko" > /dev/null; then
        number=$((number + 1))
        case $path in
            *.xz) xz -dc "$modules/$path" ;;
            *) cat "$modules/$path" ;;
        esac > "$work/initial/modules/$number-$1.ko"
    fi
}
for module in virtio_pci 9pnet_virtio 9p overlay; do add "$module"; done

printf '%q ' "$@" > "$work/initial/command"
cat > "$work/initial/init" << END
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc none /proc && mount -t sysfs none /sys && mount -t devtmpfs none /dev
for module in /modules/*; do insmod \$module; done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=512000,cache=loose root /lower
mount -t tmpfs none /upper && mkdir /upper/upper /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/upper,workdir=/upper/work none /root
cp /command /root/.command
cd /root && mkdir -p proc sys dev tmp run
for place in proc sys dev; do mount -o move /\$place \$place; done
mkdir -p dev/pts dev/shm
mount -t devpts none dev/pts; mount -t tmpfs none dev/shm; mount -t tmpfs none run
for link in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do ln -sf /proc/self/\${link#*:} dev/\${link%:*}; done
ifconfig lo 127.0.0.1 up
hostname kernel-test
export HOME=/root PATH=$(printf %q "$PATH"):/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8 IOTRACE_TEST_BACKEND=${IOTRACE_TEST_BACKEND:-}
[ -n "\$IOTRACE_TEST_BACKEND" ] || unset IOTRACE_TEST_BACKEND
chroot /root /bin/sh -c 'cd $(printf %q "$folder") && . /.command'
echo "the command's exit status is \$?"
echo o > /root/proc/sysrq-trigger
sleep 60
END
chmod 755 "$work/initial/init"
(cd "$work/initial" && find . | cpio -o -H newc --quiet | gzip -1) > "$work/initial.gz"

case $machine in
    x86_64)
        qemu=(qemu-system-x86_64 -M q35 -cpu max)
        console=ttyS0
        ;;
    aarch64)
        qemu=(qemu-system-aarch64 -M virt -cpu cortex-a72)
        console=ttyAMA0
        ;;
    *)
        echo "boot.sh: no virtual machine for $machine" >&2
        exit 2
        ;;
esac
"${qemu[@]}" -accel "$acceleration" -smp 2 -m "$memory" -display none -monitor none -serial stdio -no-reboot -nic none \
    -kernel "$(echo "$kernel"/boot/vmlinuz-*)" -initrd "$work/initial.gz" \
    -append "console=$console quiet panic=-1 $arguments" \
    -virtfs "local,path=$root,mount_tag=root,security_model=none,readonly=on,multidevs=remap" \
    < /dev/null | tee "$work/console" | sed -u 's|\r||g; /^the command.s exit status is/d'
status=$(tr -d '\r' < "$work/console" | sed -n "s/^the command's exit status is //p" | tail -1)
exit "${status:-124}"
