#!/usr/bin/env bash
# What the tests need beside npm's packages: a Chromium, and on Linux the Vulkan loader, through which Dawn (WebGPU in
# Node) finds a driver. Installs them where that can be done without asking (Debian or Ubuntu, as root), else says how.
set -u
cd "$(dirname "$0")/.."

has_chromium() { node -e "import('./tools/chromium.mjs').then(({ findChromium }) => process.exit(findChromium() ? 0 : 1))"; }
has_vulkan() { [ "$(uname -s)" != Linux ] || { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep -q libvulkan.so.1; }

missing=()
has_chromium || missing+=(chromium)
has_vulkan || missing+=(libvulkan1)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ${missing[*]} …"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
fi

status=0
if ! has_chromium; then
  echo 'The tests need Chrome or Chromium. On Debian: apt-get install chromium. Elsewhere: install Chrome, or set' >&2
  echo 'CHROME_PATH to the program where it is not in a usual place.' >&2
  status=1
fi
if ! has_vulkan; then
  echo 'WebGPU in Node needs the Vulkan loader. On Debian: apt-get install libvulkan1 (Fedora: vulkan-loader).' >&2
  status=1
fi
exit $status
