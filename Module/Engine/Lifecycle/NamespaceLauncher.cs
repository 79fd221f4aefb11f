using System.Globalization;
using System.Runtime.ExceptionServices;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// Starts a program of the host in namespaces of a container. A thread of its own joins them and makes the process, which inherits them, and ends:
/// nothing of this process is ever in there (namespaces(7), setns(2)).
/// </summary>
internal static unsafe class NamespaceLauncher
{
    private const int StackSize = 256 * 1024;

    private static readonly (ContainerNamespaces Which, string File, ulong Flag)[] s_kinds =
    [
        (ContainerNamespaces.Network, "net", Libc.CLONE_NEWNET),
        (ContainerNamespaces.Uts, "uts", Libc.CLONE_NEWUTS),
        (ContainerNamespaces.Ipc, "ipc", Libc.CLONE_NEWIPC),
    ];

    /// <param name="container">It runs.</param>
    /// <param name="which">Network, Uts, Ipc.</param>
    /// <param name="files">Files of the host and what the program sees in their place, if both are there.</param>
    /// <param name="path">Absolute path of the program.</param>
    /// <param name="arguments">Without its own name.</param>
    /// <param name="environment">NAME=VALUE each.</param>
    /// <param name="input">The whole of its standard input.</param>
    /// <exception cref="LinuxException">A namespace cannot be joined, or the program not be started.</exception>
    internal static NamespaceSession Start(
        Container container, ContainerNamespaces which, IReadOnlyList<(string Host, string Shown)> files, string path, IReadOnlyList<string> arguments,
        IReadOnlyList<string> environment, ReadOnlySpan<byte> input)
    {
        List<(int Descriptor, ulong Flag)> joined = [];
        int stdin = -1;
        ExecPipes? pipes = null;
        try
        {
            foreach ((ContainerNamespaces _, string file, ulong flag) in s_kinds.Where(kind => which.HasFlag(kind.Which)))
            {
                joined.Add((Open(container.ProcessId, file), flag));
            }

            // Looked at after the opening: a stranger that got the pid has another start time.
            if (!new ProcessIdentity(container.ProcessId, container.ProcessStartTime).IsAlive)
            {
                throw new LinuxException("open", $"/proc/{container.ProcessId}/ns", Errno.ESRCH);
            }

            stdin = ChildProcess.Content(input);
            pipes = new ExecPipes(input: false);
            ExecPipes far = pipes;
            int held = stdin;
            int pid = OnOwnThread(() => Spawn(joined, files, path, arguments, environment, held, far));
            int process = Libc.pidfd_open(pid, 0);
            if (process < 0)
            {
                int errno = Errno.Last;
                Libc.kill(pid, Libc.SIGKILL);
                Libc.siginfo_t information;
                Libc.waitid(Libc.P_PID, pid, &information, Libc.WEXITED);
                throw new LinuxException("pidfd_open", path, errno);
            }

            pipes.CloseFar();
            NamespaceSession session = new(container, pid, process, pipes);
            pipes = null;
            return session;
        }
        finally
        {
            pipes?.Dispose();
            foreach (int descriptor in joined.Select(one => one.Descriptor).Append(stdin).Where(descriptor => descriptor >= 0))
            {
                Libc.close(descriptor);
            }
        }
    }

    private static int Open(int pid, string file)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/{file}");
        int fd = Files.Open(path, Libc.O_RDONLY);
        return fd >= 0 ? fd : throw new LinuxException("open", path, -fd);
    }

    private static int Spawn(
        List<(int Descriptor, ulong Flag)> joined, IReadOnlyList<(string Host, string Shown)> files, string path, IReadOnlyList<string> arguments,
        IReadOnlyList<string> environment, int stdin, ExecPipes pipes)
    {
        if (files.Count > 0)
        {
            ShowFiles(files);
        }

        foreach ((int descriptor, ulong flag) in joined)
        {
            Check(Libc.setns(descriptor, (int)flag), "setns", "the container's namespace");
        }

        int pid;
        int errno = ChildProcess.Spawn(&pid, path, arguments, environment, stdin, pipes.Far[0], pipes.Far[1]);
        return errno == 0 ? pid : throw new LinuxException("posix_spawn", path, errno);
    }

    /// <summary>In a copy of the host's mounts that is this program's alone, as ip-netns(8) does it with the files under /etc/netns.</summary>
    private static void ShowFiles(IReadOnlyList<(string Host, string Shown)> files)
    {
        Check(Libc.unshare((int)Libc.CLONE_NEWNS), "unshare", "CLONE_NEWNS");
        fixed (byte* root = "/\0"u8, none = "none\0"u8)
        {
            Check(Libc.mount(none, root, null, Libc.MS_REC | Libc.MS_SLAVE, null), "mount", "/");
        }

        foreach ((string hostFile, string shown) in files)
        {
            fixed (byte* target = NativePath.From(hostFile), source = NativePath.From(shown))
            {
                Check(Libc.mount(source, target, null, Libc.MS_BIND, null), "mount", hostFile);
            }
        }
    }

    private static void Check(int result, string call, string subject)
    {
        if (result < 0)
        {
            throw new LinuxException(call, subject, Errno.Last);
        }
    }

    private static int OnOwnThread(Func<int> work)
    {
        int result = 0;
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
            IsBackground = true, Name = "Containers: namespaces",
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
