using System.Runtime.InteropServices;
using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Cgroups.V2;

/// <summary>
/// Device control on cgroup v2: an eBPF program attached to the directory (BPF_PROG_TYPE_CGROUP_DEVICE, Linux 4.15). The
/// kernel keeps it until the cgroup is removed; programs of parent cgroups must agree too.
/// </summary>
internal static unsafe class DevicesController
{
    private const int BPF_PROG_LOAD = 5;
    private const int BPF_PROG_ATTACH = 8;
    private const uint BPF_PROG_TYPE_CGROUP_DEVICE = 15;
    private const uint BPF_CGROUP_DEVICE = 6;

    /// <summary>Lets a nested container engine attach its own program below ours.</summary>
    private const uint BPF_F_ALLOW_MULTI = 2;

    /// <exception cref="LinuxException">The kernel refuses bpf(2), for example inside an unprivileged container.</exception>
    internal static void Apply(string directory, IReadOnlyList<DeviceRule> rules)
    {
        int program = Load(DeviceProgram.Generate(rules), directory);
        int group = -1;
        try
        {
            fixed (byte* path = Encoding.UTF8.GetBytes(directory + '\0'))
            {
                group = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
            }

            if (group < 0)
            {
                throw new LinuxException("open", directory, Errno.Last);
            }

            AttachAttributes attach = new()
            {
                target_fd = (uint)group,
                attach_bpf_fd = (uint)program,
                attach_type = BPF_CGROUP_DEVICE,
                attach_flags = BPF_F_ALLOW_MULTI,
            };
            if (Libc.bpf(BPF_PROG_ATTACH, &attach, (uint)sizeof(AttachAttributes)) < 0)
            {
                throw new LinuxException("bpf", $"BPF_PROG_ATTACH {directory}", Errno.Last);
            }
        }
        finally
        {
            if (group >= 0)
            {
                _ = Libc.close(group);
            }

            _ = Libc.close(program);
        }
    }

    private static int Load(byte[] code, string directory)
    {
        fixed (byte* instructions = code)
        fixed (byte* license = "MIT\0"u8)
        {
            LoadAttributes load = new()
            {
                prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
                insn_cnt = (uint)(code.Length / DeviceProgram.InstructionSize),
                insns = (ulong)instructions,
                license = (ulong)license,
            };
            for (int attempt = 0; ; attempt++)
            {
                int descriptor = Libc.bpf(BPF_PROG_LOAD, &load, (uint)sizeof(LoadAttributes));
                int errno = descriptor < 0 ? Errno.Last : 0;
                if (errno == 0)
                {
                    return descriptor;
                }

                // The verifier gives EAGAIN when a signal (the GC stops threads with them) came in between.
                if (errno is not (Errno.EAGAIN or Errno.EINTR) || attempt == 5)
                {
                    throw new LinuxException("bpf", $"BPF_PROG_LOAD for {directory}", errno);
                }
            }
        }
    }

    /// <summary>The part of union bpf_attr that BPF_PROG_LOAD reads; the kernel takes what is left out as zero.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LoadAttributes
    {
        internal uint prog_type;
        internal uint insn_cnt;
        internal ulong insns;
        internal ulong license;
        internal uint log_level;
        internal uint log_size;
        internal ulong log_buf;
        internal uint kern_version;
        internal uint prog_flags;
    }

    /// <summary>The part of union bpf_attr that BPF_PROG_ATTACH reads.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct AttachAttributes
    {
        internal uint target_fd;
        internal uint attach_bpf_fd;
        internal uint attach_type;
        internal uint attach_flags;
    }
}
