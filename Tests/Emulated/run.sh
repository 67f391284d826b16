#!/usr/bin/env bash
# Runs the SHA-256 kernels on an emulated processor with AVX-512, in some two minutes.
#
#     Tests/Emulated/run.sh            # clang by CC=...
#
# Wants Debian's bochs, bochsbios, vgabios, bochs-term, isolinux, syslinux-common, xorriso, cpio and a
# kernel: KERNEL=/boot/vmlinuz-... (apt-get download linux-image-cloud-amd64's package, dpkg -x).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sources=$here/../../Sources/CSHA256
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"${CC:-clang}" -O2 -static -I"$sources/include" -I"$sources" -o "$work/kernels" \
    "$here/kernels.c" "$sources"/*.c

mkdir -p "$work/files/dev" "$work/disc/isolinux"
cp "$work/kernels" "$work/files/init"
mknod "$work/files/dev/console" c 5 1
(cd "$work/files" && find . | cpio --quiet -o -H newc | gzip -1) > "$work/disc/isolinux/init.gz"
cp "${KERNEL:?the kernel to start}" "$work/disc/isolinux/vmlinuz"
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$work/disc/isolinux"
# The emulator's account of how registers are saved is not what Linux expects where it is compact (XSAVEC,
# XSAVES), and Linux would then save none.
cat > "$work/disc/isolinux/isolinux.cfg" <<CONFIGURATION
DEFAULT kernels
LABEL kernels
 KERNEL vmlinuz
 APPEND console=ttyS0 panic=-1 nokaslr noxsaves clearcpuid=321,323 nopku tsc=reliable lpj=1000000 mitigations=off quiet
 INITRD init.gz
CONFIGURATION
xorriso -as mkisofs -quiet -o "$work/disc.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat \
    -no-emul-boot -boot-load-size 4 -boot-info-table "$work/disc"

cat > "$work/bochsrc" <<CONFIGURATION
cpu: model=corei7_skylake_x, count=1, ips=50000000, ignore_bad_msrs=1
megs: 512
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0-master: type=cdrom, path=$work/disc.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$work/serial
display_library: term
log: $work/log
CONFIGURATION
# It wants a terminal, and its debugger to be told to go on.
{ sleep 3; echo c; sleep "${SECONDS_AT_MOST:-600}"; } |
    TERM=xterm timeout "${SECONDS_AT_MOST:-600}" \
        script -qfc "bochs -q -f $work/bochsrc" "$work/screen" > /dev/null 2>&1 &
until grep -qE 'DONE|WRONG' "$work/serial" 2>/dev/null; do
    kill -0 $! 2>/dev/null || { cat "$work/serial"; exit 1; }
    sleep 2
done
grep -E 'self-test|DONE|WRONG' "$work/serial"
pkill -P $! || true
grep -q DONE "$work/serial"
