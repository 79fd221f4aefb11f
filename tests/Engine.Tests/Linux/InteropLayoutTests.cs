using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Containers.Engine.Linux;
using Xunit;

namespace Containers.Engine.Tests.Linux;

/// <summary>The structures we hand to the kernel, against the machine's own headers: the C compiler is the referee.</summary>
public unsafe class InteropLayoutTests
{
    [SkippableFact]
    public void Structures_have_the_sizes_and_offsets_of_the_kernel_headers()
    {
        Skip.IfNot(File.Exists("/usr/bin/gcc"), "gcc is not installed");
        Skip.IfNot(File.Exists("/usr/include/linux/sched.h"), "the kernel's headers are not installed");
        StringBuilder source = new(
            """
            #define _GNU_SOURCE
            #include <stddef.h>
            #include <fcntl.h>
            #include <poll.h>
            #include <signal.h>
            #include <sys/resource.h>
            #include <sys/socket.h>
            #include <sys/stat.h>
            #include <sys/un.h>
            #include <sys/vfs.h>
            #include <linux/capability.h>
            #include <linux/filter.h>
            #include <linux/if_packet.h>
            #include <linux/mount.h>
            #include <linux/netlink.h>
            #include <linux/openat2.h>
            #include <linux/sched.h>

            """);
        Size<Libc.clone_args>("struct clone_args");
        Offset("struct clone_args", "exit_signal", Distance((Libc.clone_args* p) => &p->exit_signal));
        Offset("struct clone_args", "cgroup", Distance((Libc.clone_args* p) => &p->cgroup));
        Size<Libc.open_how>("struct open_how");
        Size<Libc.mount_attr>("struct mount_attr");
        Size<Libc.statx_t>("struct statx");
        Offset("struct statx", "stx_mtime", Distance((Libc.statx_t* p) => &p->stx_mtime));
        Offset("struct statx", "stx_rdev_major", Distance((Libc.statx_t* p) => &p->stx_rdev_major));
        Offset("struct statx", "stx_mnt_id", Distance((Libc.statx_t* p) => &p->stx_mnt_id));
        Size<Libc.statfs_t>("struct statfs");
        Size<Libc.flock_t>("struct flock");
        Offset("struct flock", "l_start", Distance((Libc.flock_t* p) => &p->l_start));
        Size<Libc.rlimit>("struct rlimit");
        Size<Libc.timespec>("struct timespec");
        Size<Libc.siginfo_t>("siginfo_t");
        Offset("siginfo_t", "si_pid", Distance((Libc.siginfo_t* p) => &p->si_pid));
        Offset("siginfo_t", "si_status", Distance((Libc.siginfo_t* p) => &p->si_status));
        Size<Libc.pollfd>("struct pollfd");
        Size<Libc.sockaddr_un>("struct sockaddr_un");
        Size<Libc.ucred>("struct ucred");
        Size<Libc.sockaddr_nl>("struct sockaddr_nl");
        Size<Libc.sockaddr_ll>("struct sockaddr_ll");
        Offset("struct sockaddr_ll", "sll_addr", Distance((Libc.sockaddr_ll* p) => p->sll_addr));
        Size<Libc.cap_header>("struct __user_cap_header_struct");
        Size<Libc.cap_data>("struct __user_cap_data_struct");
        Size<Libc.sock_fprog>("struct sock_fprog");

        Assert.Equal("", Compile(source.ToString()));

        void Size<T>(string name)
            where T : unmanaged => source.AppendLine($"_Static_assert(sizeof({name}) == {sizeof(T)}, \"size of {name}\");");

        void Offset(string name, string member, int value) =>
            source.AppendLine($"_Static_assert(offsetof({name}, {member}) == {value}, \"offset of {name}.{member}\");");
    }

    /// <summary>Tmds.LibC wrote the same values down independently.</summary>
    [Fact]
    public void Constants_agree_with_another_library()
    {
        Assert.Equal(Libc.O_CLOEXEC, Tmds.Linux.LibC.O_CLOEXEC);
        Assert.Equal(Libc.O_DIRECTORY, Tmds.Linux.LibC.O_DIRECTORY);
        Assert.Equal(Libc.O_NOFOLLOW, Tmds.Linux.LibC.O_NOFOLLOW);
        Assert.Equal(Libc.O_CREAT, Tmds.Linux.LibC.O_CREAT);
        Assert.Equal(Libc.O_EXCL, Tmds.Linux.LibC.O_EXCL);
        Assert.Equal(Libc.O_TRUNC, Tmds.Linux.LibC.O_TRUNC);
        Assert.Equal(Libc.O_NONBLOCK, Tmds.Linux.LibC.O_NONBLOCK);
        Assert.Equal(Libc.AF_UNIX, (int)(ushort)Tmds.Linux.LibC.AF_UNIX);
        Assert.Equal(Libc.SOCK_STREAM, Tmds.Linux.LibC.SOCK_STREAM);
        Assert.Equal(Libc.SOCK_CLOEXEC, Tmds.Linux.LibC.SOCK_CLOEXEC);
        Assert.Equal(Libc.SOL_SOCKET, Tmds.Linux.LibC.SOL_SOCKET);
        Assert.Equal(Libc.MSG_NOSIGNAL, Tmds.Linux.LibC.MSG_NOSIGNAL);
        Assert.Equal(Libc.POLLIN, Tmds.Linux.LibC.POLLIN);
        Assert.Equal(Libc.POLLHUP, Tmds.Linux.LibC.POLLHUP);
        Assert.Equal(Libc.SIGTERM, Tmds.Linux.LibC.SIGTERM);
        Assert.Equal(Libc.SIGCHLD, Tmds.Linux.LibC.SIGCHLD);
        Assert.Equal(Errno.EINTR, Tmds.Linux.LibC.EINTR);
        Assert.Equal(Errno.EAGAIN, Tmds.Linux.LibC.EAGAIN);
        Assert.Equal(Errno.ENOSYS, Tmds.Linux.LibC.ENOSYS);
        Assert.Equal(Errno.ELOOP, Tmds.Linux.LibC.ELOOP);
    }

    private delegate void* Member<T>(T* structure)
        where T : unmanaged;

    private static int Distance<T>(Member<T> member)
        where T : unmanaged
    {
        T structure = default;
        T* at = (T*)Unsafe.AsPointer(ref structure);
        return (int)((byte*)member(at) - (byte*)at);
    }

    private static string Compile(string source)
    {
        string path = Path.Combine(Path.GetTempPath(), $"layout-{Guid.NewGuid():N}.c");
        File.WriteAllText(path, source);
        try
        {
            using Process gcc = Process.Start(new ProcessStartInfo("/usr/bin/gcc", ["-fsyntax-only", path]) { RedirectStandardError = true })!;
            string errors = gcc.StandardError.ReadToEnd();
            gcc.WaitForExit();
            return errors;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
