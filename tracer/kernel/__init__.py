"""What the kernel says about a process at this very moment, from /proc and borrowed descriptors. For live views."""
