#!/bin/bash
# The inside of a sandbox: process 1 of its own namespaces. usage: sandbox.sh FOLDER
# FOLDER/tmp becomes /tmp; there lie the machine's files (cfg), a home, the compiled component (twinlock.so) and the library
# that makes time run faster. LinuxCNC's modules are seen through links, so that ours can lie among them.
set -e
modules=/usr/lib/linuxcnc/modules
mount --bind "$1/tmp" /tmp
mkdir -p /tmp/home /tmp/modules /tmp/modules.linuxcnc
mount --bind $modules /tmp/modules.linuxcnc
ln -s /tmp/modules.linuxcnc/* /tmp/modules/
ln -s /tmp/twinlock.so /tmp/modules/
mount --bind /tmp/modules $modules
cd /tmp/cfg
export HOME=/tmp/home LD_PRELOAD=/tmp/fasttime.so RTAPI_FIFO_PATH=/tmp/fifo
unset DISPLAY
[ "$(id -u)" != 0 ] || export RTAPI_UID=65534
linuxcnc -r /tmp/cfg/machine.ini > /tmp/linuxcnc.log 2>&1
