using System.Globalization;
using System.Runtime.InteropServices;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// Starts monitors. The executable is copied once a session into a sealed memory file and run from there: whatever a container does to
/// /proc/PID/exe, it cannot change the program (CVE-2019-5736), and all monitors of the session share its pages.
/// </summary>
internal sealed unsafe class MonitorProcess(string path) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ChildReaper _reaper = new();
    private int _image = -1;

    /// <param name="planPath">The plan.</param>
    /// <param name="networkNamespace">The namespace that the plan joins, or null: the monitor gets a descriptor of its own of it.</param>
    /// <param name="secrets">A memory file that the plan copies from, or null.</param>
    /// <returns>The session's end of the connection.</returns>
    /// <exception cref="EngineException">MonitorNotFound, MonitorNotSafe, MonitorStartFailed.</exception>
    internal MonitorConnection Start(string planPath, SafeHandle? networkNamespace = null, SafeHandle? secrets = null)
    {
        int image = Image();
        bool held = false;
        bool secretsHeld = false;
        try
        {
            networkNamespace?.DangerousAddRef(ref held);
            secrets?.DangerousAddRef(ref secretsHeld);
            return Start(
                planPath, image, networkNamespace is null ? -1 : (int)networkNamespace.DangerousGetHandle(),
                secrets is null ? -1 : (int)secrets.DangerousGetHandle());
        }
        finally
        {
            if (held)
            {
                networkNamespace!.DangerousRelease();
            }

            if (secretsHeld)
            {
                secrets!.DangerousRelease();
            }
        }
    }

    private MonitorConnection Start(string planPath, int image, int network, int secrets)
    {
        int* pair = stackalloc int[2];
        if (Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair) < 0)
        {
            throw new LinuxException("socketpair", planPath, Errno.Last);
        }

        int pid;
        int errno = Spawn(image, pair[1], network, secrets, planPath, &pid);
        Libc.close(pair[1]);
        MonitorConnection connection = new(pair[0]);
        if (errno != 0)
        {
            connection.Dispose();
            throw new EngineException(
                EngineErrorKind.ResourceUnavailable, "MonitorStartFailed", $"The monitor cannot be started: {Errno.Describe(errno)}.", path,
                "Check the limit of processes (ulimit -u) and the free memory.", new LinuxException("posix_spawn", path, errno));
        }

        _reaper.Add(pid);
        return connection;
    }

    public void Dispose()
    {
        _reaper.Dispose();
        if (_image >= 0)
        {
            Libc.close(_image);
            _image = -1;
        }
    }

    private int Image()
    {
        lock (_gate)
        {
            if (_image < 0)
            {
                _image = Seal();
            }

            return _image;
        }
    }

    private int Seal()
    {
        using FileStream source = OpenSafely();
        int fd;
        fixed (byte* name = "containers-monitor\0"u8)
        {
            // MFD_EXEC (Linux 6.3) says that it is meant; older kernels refuse a flag they do not know.
            fd = Libc.memfd_create(name, Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING | Libc.MFD_EXEC);
            fd = fd < 0 && Errno.Last == Errno.EINVAL ? Libc.memfd_create(name, Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING) : fd;
        }

        if (fd < 0)
        {
            throw new LinuxException("memfd_create", path, Errno.Last);
        }

        byte[] content = new byte[source.Length];
        source.ReadExactly(content);
        fixed (byte* p = content)
        {
            for (nint done = 0; done < content.Length;)
            {
                nint written = Libc.write(fd, p + done, (nuint)(content.Length - done));
                if (written <= 0)
                {
                    throw new LinuxException("write", "containers-monitor", Errno.Last);
                }

                done += written;
            }
        }

        const int Seals = Libc.F_SEAL_SEAL | Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_WRITE;
        Libc.fchmod(fd, 0x16D); // 0555

        // F_SEAL_EXEC (Linux 6.3) keeps the mode: a container that runs its /proc/self/exe could take the right to run it from all.
        if (Libc.fcntl(fd, Libc.F_ADD_SEALS, Seals | Libc.F_SEAL_EXEC) < 0 && Libc.fcntl(fd, Libc.F_ADD_SEALS, Seals) < 0)
        {
            throw new LinuxException("fcntl", "F_ADD_SEALS", Errno.Last);
        }

        int image = CopyAbove(fd); // The new process runs it when its own descriptors are in place already.
        int errno = Errno.Last;
        Libc.close(fd);
        return image >= 0 ? image : throw new LinuxException("fcntl", "F_DUPFD_CLOEXEC", errno);
    }

    /// <summary>
    /// A copy above the numbers that a monitor is born with, so that none of them is written over before it was copied; and dup2(2) onto
    /// the same number would leave close-on-exec on.
    /// </summary>
    private static int CopyAbove(int fd) => Libc.fcntl(fd, Libc.F_DUPFD_CLOEXEC, MonitorProtocol.SecretDescriptor + 1);

    /// <summary>Others may not be able to write what we are about to run with our rights (security.md S59).</summary>
    private FileStream OpenSafely()
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new EngineException(
                EngineErrorKind.NotInstalled, "MonitorNotFound", $"The program \"{path}\" is missing.", path,
                "Install the Containers module again; it must be complete.", e);
        }

        Libc.statx_t status;
        byte empty = 0;
        if (Libc.statx((int)file.SafeFileHandle.DangerousGetHandle(), &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0
            && (status.stx_mode & 0x12) == 0 && (status.stx_uid == 0 || status.stx_uid == Libc.geteuid()))
        {
            return file;
        }

        file.Dispose();
        throw new EngineException(
            EngineErrorKind.PermissionDenied, "MonitorNotSafe", $"The program \"{path}\" belongs to another user or can be written by others.", path,
            $"Run: chown root '{path}'; chmod go-w '{path}'.");
    }

    private static int Spawn(int image, int socket, int network, int secrets, string planPath, int* pid)
    {
        int session = CopyAbove(socket);
        int held = session < 0 || network < 0 ? -1 : CopyAbove(network);
        int memory = session < 0 || secrets < 0 ? -1 : CopyAbove(secrets);
        int errno = session < 0 || (network >= 0 && held < 0) || (secrets >= 0 && memory < 0)
            ? Errno.Last
            : Spawn(image, planPath, session, held, memory, pid);
        foreach (int copy in (ReadOnlySpan<int>)[session, held, memory])
        {
            if (copy >= 0)
            {
                Libc.close(copy);
            }
        }

        return errno;
    }

    private static int Spawn(int image, string planPath, int session, int network, int secrets, int* pid)
    {
        // posix_spawn_file_actions_t and posix_spawnattr_t have at most 336 bytes in glibc and musl.
        byte* actions = stackalloc byte[512];
        byte* attributes = stackalloc byte[512];
        byte* signals = stackalloc byte[128];
        new Span<byte>(signals, 128).Clear();
        Libc.posix_spawn_file_actions_init(actions);
        Libc.posix_spawnattr_init(attributes);
        byte* plan = (byte*)Marshal.StringToCoTaskMemUTF8(planPath);
        byte* executable = (byte*)Marshal.StringToCoTaskMemUTF8(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{image}"));
        try
        {
            // Without F_SEAL_EXEC a container may have changed the mode since (see Seal).
            Libc.fchmod(image, 0x16D);
            fixed (byte* null_ = "/dev/null\0"u8, name = "containers-monitor\0"u8)
            {
                Libc.posix_spawn_file_actions_addopen(actions, 0, null_, Libc.O_RDWR, 0);
                Libc.posix_spawn_file_actions_adddup2(actions, 0, 1);
                Libc.posix_spawn_file_actions_adddup2(actions, 0, 2);
                Libc.posix_spawn_file_actions_adddup2(actions, session, MonitorProtocol.SessionDescriptor);
                if (network >= 0)
                {
                    Libc.posix_spawn_file_actions_adddup2(actions, network, MonitorProtocol.NetworkDescriptor);
                }

                if (secrets >= 0)
                {
                    Libc.posix_spawn_file_actions_adddup2(actions, secrets, MonitorProtocol.SecretDescriptor);
                }

                Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETSID | Libc.POSIX_SPAWN_SETSIGMASK | Libc.POSIX_SPAWN_SETSIGDEF);

                // Blocked from birth, in every thread of its runtime: the monitor reads them from a signalfd.
                signals[(Libc.SIGTERM - 1) / 8] |= (byte)(1 << ((Libc.SIGTERM - 1) % 8));
                signals[(Libc.SIGINT - 1) / 8] |= (byte)(1 << ((Libc.SIGINT - 1) % 8));
                Libc.posix_spawnattr_setsigmask(attributes, signals);
                new Span<byte>(signals, 128).Fill(0xff);
                Libc.posix_spawnattr_setsigdefault(attributes, signals);
                byte** arguments = stackalloc byte*[3] { name, plan, null };
                byte** environment = stackalloc byte*[1] { null };
                return Libc.posix_spawn(pid, executable, actions, attributes, arguments, environment);
            }
        }
        finally
        {
            Marshal.FreeCoTaskMem((nint)plan);
            Marshal.FreeCoTaskMem((nint)executable);
            Libc.posix_spawn_file_actions_destroy(actions);
            Libc.posix_spawnattr_destroy(attributes);
        }
    }
}
