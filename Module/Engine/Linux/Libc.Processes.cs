using System.Runtime.InteropServices;

namespace Containers.Engine.Linux;

internal static unsafe partial class Libc
{
    internal const ulong CLONE_NEWTIME = 0x80;
    internal const ulong CLONE_PIDFD = 0x1000;
    internal const ulong CLONE_NEWNS = 0x20000;
    internal const ulong CLONE_NEWCGROUP = 0x2000000;
    internal const ulong CLONE_NEWUTS = 0x4000000;
    internal const ulong CLONE_NEWIPC = 0x8000000;
    internal const ulong CLONE_NEWUSER = 0x10000000;
    internal const ulong CLONE_NEWPID = 0x20000000;
    internal const ulong CLONE_NEWNET = 0x40000000;
    internal const ulong CLONE_INTO_CGROUP = 0x200000000;
    internal const int CLONE_FS = 0x200;
    internal const int CLONE_PARENT = 0x8000;

    internal const int SIGHUP = 1;
    internal const int SIGINT = 2;
    internal const int SIGQUIT = 3;
    internal const int SIGKILL = 9;
    internal const int SIGPIPE = 13;
    internal const int SIGTERM = 15;
    internal const int SIGCHLD = 17;
    internal const int SIGCONT = 18;
    internal const int SIGSTOP = 19;
    internal const int SIG_BLOCK = 0;
    internal const int SIG_SETMASK = 2;

    internal const int P_ALL = 0;
    internal const int P_PID = 1;
    internal const int P_PIDFD = 3;
    internal const int WNOHANG = 1;
    internal const int WEXITED = 4;
    internal const int WNOWAIT = 0x1000000;

    internal const int PR_SET_PDEATHSIG = 1;
    internal const int PR_SET_DUMPABLE = 4;
    internal const int PR_SET_NAME = 15;
    internal const int PR_CAPBSET_READ = 23;
    internal const int PR_CAPBSET_DROP = 24;
    internal const int PR_SET_CHILD_SUBREAPER = 36;
    internal const int PR_SET_NO_NEW_PRIVS = 38;
    internal const int PR_CAP_AMBIENT = 47;
    internal const int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    internal const nint KEYCTL_JOIN_SESSION_KEYRING = 1;

    /// <summary>clone3(2), the version with cgroup (88 bytes, Linux 5.7).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct clone_args
    {
        internal ulong flags;
        internal ulong pidfd;
        internal ulong child_tid;
        internal ulong parent_tid;
        internal ulong exit_signal;
        internal ulong stack;
        internal ulong stack_size;
        internal ulong tls;
        internal ulong set_tid;
        internal ulong set_tid_size;
        internal ulong cgroup;
    }

    /// <summary>siginfo_t as waitid(2) fills it: 128 bytes, the same offsets on x86-64 and arm64.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    internal struct siginfo_t
    {
        [FieldOffset(0)]
        internal int si_signo;

        [FieldOffset(8)]
        internal int si_code;

        [FieldOffset(16)]
        internal int si_pid;

        [FieldOffset(24)]
        internal int si_status;
    }

    internal const int CLD_EXITED = 1;
    internal const int CLD_KILLED = 2;
    internal const int CLD_DUMPED = 3;

    [StructLayout(LayoutKind.Sequential)]
    internal struct rlimit
    {
        internal ulong rlim_cur;
        internal ulong rlim_max;
    }

    internal static int clone3(clone_args* args) => (int)syscall(SYS_clone3, (nint)args, sizeof(clone_args));

    /// <summary>clone(2) as fork: all arguments but the signal are 0, so that the order the architectures disagree on does not matter.</summary>
    internal static int fork() => (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

    /// <summary>The same, but the new process is a child of this one's parent, and a sibling of this one.</summary>
    internal static int fork_sibling() => (int)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

    internal static int pidfd_open(int pid, uint flags) => (int)syscall(SYS_pidfd_open, pid, (nint)flags);

    internal static int pidfd_send_signal(int pidfd, int signal) => (int)syscall(SYS_pidfd_send_signal, pidfd, signal, 0, 0);

    /// <summary>waitid(2) without the usage argument of the system call.</summary>
    internal static int waitid(int idType, int id, siginfo_t* info, int options) =>
        (int)syscall(SYS_waitid, idType, id, (nint)info, options, 0);

    /// <summary>The raw call on a 64-bit mask: libc's wrapper hides its own two signals from the mask.</summary>
    internal static int rt_sigprocmask(int how, ulong* set, ulong* old) =>
        (int)syscall(SYS_rt_sigprocmask, how, (nint)set, (nint)old, sizeof(ulong));

    // The raw calls act on the calling thread only. libc's wrappers signal "all threads" of a list that a forked child has
    // copied but whose threads it does not have.
    internal static int setresuid(uint r, uint e, uint s) => (int)syscall(SYS_setresuid, (nint)r, (nint)e, (nint)s);

    internal static int setresgid(uint r, uint e, uint s) => (int)syscall(SYS_setresgid, (nint)r, (nint)e, (nint)s);

    internal static int setgroups(nuint count, uint* groups) => (int)syscall(SYS_setgroups, (nint)count, (nint)groups);

    /// <summary>Sets a signal's disposition to the default: a zeroed kernel sigaction is SIG_DFL on every architecture.</summary>
    internal static int ResetSignal(int signal)
    {
        ulong* action = stackalloc ulong[4] { 0, 0, 0, 0 };
        return (int)syscall(SYS_rt_sigaction, signal, (nint)action, 0, sizeof(ulong));
    }

    /// <summary>rt_sigtimedwait(2) without time-out: waits for a signal of the set and returns its number.</summary>
    internal static int rt_sigwait(ulong* set) => (int)syscall(SYS_rt_sigtimedwait, (nint)set, 0, 0, sizeof(ulong));

    /// <summary>The raw getcwd(2): a directory outside the root reads "(unreachable)...", where libc would search instead.</summary>
    internal static nint raw_getcwd(byte* buffer, nuint size) => syscall(SYS_getcwd, (nint)buffer, (nint)size);

    internal static void exit_group(int status) => syscall(SYS_exit_group, status);

    /// <summary>signalfd(2) on a 64-bit mask.</summary>
    internal static int signalfd4(int fd, ulong* mask, int flags) => (int)syscall(SYS_signalfd4, fd, (nint)mask, sizeof(ulong), flags);

    [LibraryImport(Library)]
    internal static partial int clock_gettime(int clock, timespec* time);

    internal const int CLOCK_REALTIME = 0;
    internal const int CLOCK_MONOTONIC = 1;

    [LibraryImport(Library)]
    internal static partial int getpid();

    [LibraryImport(Library)]
    internal static partial int getppid();

    [LibraryImport(Library)]
    internal static partial uint geteuid();

    [LibraryImport(Library)]
    internal static partial uint getegid();

    [LibraryImport(Library)]
    internal static partial int kill(int pid, int signal);

    [LibraryImport(Library)]
    internal static partial int unshare(int flags);

    [LibraryImport(Library)]
    internal static partial int setns(int fd, int flags);

    [LibraryImport(Library)]
    internal static partial int setsid();

    [LibraryImport(Library)]
    internal static partial int sethostname(byte* name, nuint length);

    [LibraryImport(Library)]
    internal static partial int setdomainname(byte* name, nuint length);

    [LibraryImport(Library)]
    internal static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport(Library)]
    internal static partial int prlimit(int pid, int resource, rlimit* limit, rlimit* old);

    [LibraryImport(Library)]
    internal static partial int execve(byte* path, byte** argv, byte** envp);

    [LibraryImport(Library)]
    internal static partial int dup2(int oldfd, int newfd);

    [LibraryImport(Library)]
    internal static partial int dup3(int oldfd, int newfd, int flags);

    [LibraryImport(Library)]
    internal static partial int pipe2(int* fds, int flags);

    [LibraryImport(Library)]
    internal static partial int ioctl(int fd, nuint request, nint argument);

    [LibraryImport(Library)]
    internal static partial int posix_spawn(int* pid, byte* path, void* fileActions, void* attributes, byte** argv, byte** envp);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_adddup2(void* actions, int fd, int newfd);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_addopen(void* actions, int fd, byte* path, int flags, uint mode);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setsigmask(void* attributes, void* sigset);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setsigdefault(void* attributes, void* sigset);

    internal const short POSIX_SPAWN_SETSIGDEF = 0x04;
    internal const short POSIX_SPAWN_SETSIGMASK = 0x08;
    internal const short POSIX_SPAWN_SETSID = 0x80;
}
