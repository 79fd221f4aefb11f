using System;
using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;

namespace Containers.Bench;

/// <summary>
/// Runs a command and takes its time with next to no cost of its own (posix_spawn, wait4): what PowerShell adds to a native command
/// must not be counted against the others.
/// </summary>
public static unsafe class Spawn
{
    private static readonly BlockingCollection<Action> s_queue = new();
    private static Thread s_private;

    /// <summary>Processor time of the last command, milliseconds, with that of the processes it waited for.</summary>
    public static double Processor { get; private set; }

    /// <summary>Milliseconds from start to exit. Output goes to a file; an exit code other than 0 throws with what was written.</summary>
    public static double Run(string output, string[] command) => Measure(output, command);

    /// <summary>
    /// The same in a network namespace of its own, and a mount namespace without the v2 hierarchy: crun 1.8 refuses hosts where cgroup v1
    /// and a v2 with controllers are mounted together. The namespaces belong to one thread and go with it.
    /// </summary>
    public static double RunPrivate(string output, string[] command)
    {
        Start();
        double result = 0;
        Exception failure = null;
        using ManualResetEventSlim done = new();
        s_queue.Add(() =>
        {
            try
            {
                result = Measure(output, command);
            }
            catch (Exception e)
            {
                failure = e;
            }

            done.Set();
        });
        done.Wait();
        return failure is null ? result : throw failure;
    }

    private static void Start()
    {
        if (s_private is not null)
        {
            return;
        }

        s_private = new Thread(() =>
        {
            const int NewNamespaces = 0x20000 | 0x40000000; // CLONE_NEWNS, CLONE_NEWNET
            const ulong RecursivePrivate = 0x4000 | 0x40000;
            if (unshare(NewNamespaces) != 0 || mount(null, "/", null, RecursivePrivate, 0) != 0)
            {
                throw new IOException("Private namespaces cannot be made.");
            }

            _ = umount2("/sys/fs/cgroup/unified", 2);
            foreach (Action action in s_queue.GetConsumingEnumerable())
            {
                action();
            }
        }) { IsBackground = true };
        s_private.Start();
    }

    private static double Measure(string output, string[] command)
    {
        byte* actions = stackalloc byte[512];
        posix_spawn_file_actions_init(actions);
        posix_spawn_file_actions_addopen(actions, 0, "/dev/null", 0, 0);
        posix_spawn_file_actions_addopen(actions, 1, output, 1 | 0x40 | 0x200, 0x1A4);
        posix_spawn_file_actions_adddup2(actions, 1, 2);
        IDictionary variables = Environment.GetEnvironmentVariables();
        string[] environment = new string[variables.Count + 1];
        int n = 0;
        foreach (DictionaryEntry entry in variables)
        {
            environment[n++] = entry.Key + "=" + entry.Value;
        }

        string[] arguments = new string[command.Length + 1];
        command.CopyTo(arguments, 0);
        long start = Stopwatch.GetTimestamp();
        int errno = posix_spawnp(out int pid, command[0], actions, null, arguments, environment);
        int status = 0;
        long* usage = stackalloc long[18]; // struct rusage: user and system time as seconds and microseconds come first
        if (errno == 0)
        {
            while (wait4(pid, out status, 0, usage) < 0 && Marshal.GetLastWin32Error() == 4)
            {
            }
        }

        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        Processor = ((usage[0] + usage[2]) * 1e3) + ((usage[1] + usage[3]) / 1e3);
        posix_spawn_file_actions_destroy(actions);
        if (errno != 0 || status != 0)
        {
            string said = output == "/dev/null" ? "" : ": " + File.ReadAllText(output).Trim();
            throw new IOException($"{string.Join(' ', command)} failed ({errno}, {status >> 8}){said}");
        }

        return milliseconds;
    }

    [DllImport("libc")]
    private static extern int posix_spawnp(
        out int pid, string file, byte* actions, byte* attributes, string[] arguments, string[] environment);

    [DllImport("libc")]
    private static extern int posix_spawn_file_actions_init(byte* actions);

    [DllImport("libc")]
    private static extern int posix_spawn_file_actions_addopen(byte* actions, int fd, string path, int flags, uint mode);

    [DllImport("libc")]
    private static extern int posix_spawn_file_actions_adddup2(byte* actions, int fd, int to);

    [DllImport("libc")]
    private static extern int posix_spawn_file_actions_destroy(byte* actions);

    [DllImport("libc", SetLastError = true)]
    private static extern int wait4(int pid, out int status, int options, long* usage);

    [DllImport("libc")]
    private static extern int unshare(int flags);

    [DllImport("libc")]
    private static extern int mount(string source, string target, string type, ulong flags, nint data);

    [DllImport("libc")]
    private static extern int umount2(string target, int flags);
}
