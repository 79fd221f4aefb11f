using Containers.Engine.Linux;

namespace Containers.Engine.Copying;

/// <summary>File systems whose files the kernel makes up: their sizes say nothing, and a copy of a tree does not go into them.</summary>
internal sealed unsafe class KernelFiles
{
    private readonly Dictionary<(uint Major, uint Minor), bool> _known = [];

    /// <param name="node">A descriptor of something on it; O_PATH will do.</param>
    internal bool Has(int node, in Libc.statx_t status)
    {
        (uint, uint) device = (status.stx_dev_major, status.stx_dev_minor);
        if (!_known.TryGetValue(device, out bool kernel))
        {
            Libc.statfs_t system;
            kernel = Libc.fstatfs(node, &system) == 0 && IsKernel(system.f_type);
            _known[device] = kernel;
        }

        return kernel;
    }

    private static bool IsKernel(long type) => (type & 0xFFFFFFFF) is Libc.PROC_SUPER_MAGIC or Libc.SYSFS_MAGIC or Libc.CGROUP_SUPER_MAGIC
        or Libc.CGROUP2_SUPER_MAGIC or Libc.DEVPTS_SUPER_MAGIC or Libc.MQUEUE_MAGIC or Libc.DEBUGFS_MAGIC or Libc.TRACEFS_MAGIC
        or Libc.SECURITYFS_MAGIC or Libc.BPF_FS_MAGIC or Libc.CONFIGFS_MAGIC or Libc.BINFMTFS_MAGIC or Libc.EFIVARFS_MAGIC or Libc.PSTOREFS_MAGIC;
}
