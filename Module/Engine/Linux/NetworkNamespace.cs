using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Linux;

/// <summary>
/// A network namespace (network_namespaces(7)), kept alive by an open descriptor. A thread's namespace can be changed but a pool thread
/// that was changed would carry it into somebody else's work, so everything inside happens on a thread that ends with it.
/// </summary>
internal sealed unsafe class NetworkNamespace : IDisposable
{
    // Enough for a few calls and a netlink batch; a smaller stack is mapped faster than the default of 8 MiB is.
    private const int StackSize = 256 * 1024;
    private const string Current = "/proc/thread-self/ns/net";

    private NetworkNamespace(SafeFileHandle handle) => Handle = handle;

    /// <summary>What makes two namespaces the same one: device and inode of the nsfs file, as long as one of them is open.</summary>
    internal readonly record struct NamespaceIdentity(ulong Device, ulong Inode);

    internal SafeFileHandle Handle { get; }

    /// <summary>The number for IFLA_NET_NS_FD; valid until this object is disposed.</summary>
    internal int Descriptor => Handle.IsClosed
        ? throw new ObjectDisposedException(nameof(NetworkNamespace))
        : (int)Handle.DangerousGetHandle();

    internal NamespaceIdentity Identity => Identify(Descriptor, [0], Libc.AT_EMPTY_PATH, "network namespace");

    /// <summary>The calling thread's namespace.</summary>
    internal static NamespaceIdentity CurrentIdentity => Identify(Libc.AT_FDCWD, NativePath.From(Current), 0, Current);

    /// <summary>A new namespace: a loopback interface that is down, and nothing else but what modules add to each.</summary>
    internal static NetworkNamespace Create() => Create(static () => { });

    /// <summary>
    /// A new namespace, and something done in it on the thread that made it: open sockets that stay in it, write /proc/sys/net.
    /// One thread for both; when <paramref name="inside"/> throws, the namespace is gone again.
    /// </summary>
    internal static NetworkNamespace Create(Action inside) => OnOwnThread(() =>
    {
        if (Libc.unshare((int)Libc.CLONE_NEWNET) < 0)
        {
            throw new LinuxException("unshare", "CLONE_NEWNET", Errno.Last);
        }

        NetworkNamespace created = new(OpenHandle(Current));
        try
        {
            inside();
            return created;
        }
        catch
        {
            created.Dispose();
            throw;
        }
    });

    /// <summary>Opens /proc/PID/ns/net, /proc/PID/fd/N or a file that one is mounted on.</summary>
    /// <exception cref="LinuxException">EINVAL where the path is something other than a network namespace.</exception>
    internal static NetworkNamespace Open(string path)
    {
        SafeFileHandle handle = OpenHandle(path);
        int fd = (int)handle.DangerousGetHandle();
        // An ioctl number means something else to every driver, so the file system is asked first.
        Libc.statfs_t status;
        if (Libc.fstatfs(fd, &status) < 0 || status.f_type != Libc.NSFS_MAGIC
            || Libc.ioctl(fd, Libc.NS_GET_NSTYPE, 0) != (int)Libc.CLONE_NEWNET)
        {
            handle.Dispose();
            throw new LinuxException("NS_GET_NSTYPE", path, Errno.EINVAL);
        }

        return new NetworkNamespace(handle);
    }

    /// <summary>Runs <paramref name="inside"/> in the namespace and waits for it. What it throws arrives here unchanged.</summary>
    internal T Run<T>(Func<T> inside) => OnOwnThread(() =>
    {
        if (Libc.setns(Descriptor, (int)Libc.CLONE_NEWNET) < 0)
        {
            throw new LinuxException("setns", "network namespace", Errno.Last);
        }

        return inside();
    });

    internal void Run(Action inside) => Run(() =>
    {
        inside();
        return true;
    });

    public void Dispose() => Handle.Dispose();

    private static T OnOwnThread<T>(Func<T> work)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    result = work();
                }
                catch (Exception e)
                {
                    failure = ExceptionDispatchInfo.Capture(e);
                }
            },
            StackSize)
        {
            IsBackground = true,
            Name = "Containers: network namespace",
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    private static SafeFileHandle OpenHandle(string path)
    {
        // Not blocking, so that a FIFO given by mistake is refused instead of waited for.
        int fd = Files.Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK);
        return fd < 0 ? throw new LinuxException("open", path, -fd) : new SafeFileHandle(fd, ownsHandle: true);
    }

    private static NamespaceIdentity Identify(int fd, byte[] path, int flags, string subject)
    {
        Libc.statx_t status;
        fixed (byte* p = path)
        {
            if (Libc.statx(fd, p, flags, Libc.STATX_BASIC_STATS, &status) < 0)
            {
                throw new LinuxException("statx", subject, Errno.Last);
            }
        }

        return new NamespaceIdentity(((ulong)status.stx_dev_major << 32) | status.stx_dev_minor, status.stx_ino);
    }
}
