using System.Globalization;
using System.Text;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Launch;

/// <summary>Makes the steps of a plan: one method per operation, with the meaning of its arguments.</summary>
internal static class LaunchSteps
{
    internal const uint NoSuidNoDevNoExec = Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC;

    /// <summary>Writes a file of the host, before the root changes.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="content">Written in one call.</param>
    /// <param name="optional">A refusal (EPERM, EACCES) is accepted.</param>
    internal static LaunchStep WriteHostFile(string path, string content, bool optional = false) =>
        new(PlanOpcode.WriteHostFile, path, content)
        {
            Text1 = path, Text2 = content, X = (ulong)Encoding.UTF8.GetByteCount(content), Flags = (ushort)(optional ? 1 : 0),
        };

    internal static LaunchStep Unshare(ulong flag, string name) => new(PlanOpcode.Unshare, name, "new namespace") { X = flag };

    /// <summary>Joins a namespace of a process, as long as it is that process.</summary>
    internal static LaunchStep JoinNamespace(ProcessIdentity process, ulong flag, string name)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}/ns/{name}");
        return new(PlanOpcode.JoinNamespace, name, path) { Text1 = path, Text2 = StatusPath(process), X = flag, Y = (ulong)process.StartTime };
    }

    /// <summary>setns(2) on <see cref="MonitorProtocol.NetworkDescriptor"/>: the namespace that the monitor holds.</summary>
    internal static LaunchStep JoinNetworkDescriptor() =>
        new(PlanOpcode.JoinNetworkDescriptor, "net", "join the network namespace made for it")
        {
            Slot = MonitorProtocol.NetworkDescriptor, X = Libc.CLONE_NEWNET,
        };

    internal static string StatusPath(ProcessIdentity process) => string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}/stat");

    /// <summary>Standard input without a pipe: the container's own /dev/null, because it may change the mode of what it holds.</summary>
    internal static LaunchStep OpenNullInput() => new(PlanOpcode.OpenNullInput, "stdin", "/dev/null of the container") { Slot = Launch.Slot.Dev };

    /// <summary>A new pseudo-terminal of a devpts: controlling terminal, standard input and output; its master goes to the monitor.</summary>
    /// <param name="devpts">A directory of the container's own devpts.</param>
    /// <param name="size">Its first size.</param>
    internal static LaunchStep OpenTerminal(int devpts, TerminalSize size) =>
        new(PlanOpcode.OpenTerminal, "terminal", size.IsKnown ? string.Create(CultureInfo.InvariantCulture, $"{size.Columns}x{size.Rows}") : "")
        {
            Slot = devpts, X = (ulong)size.Rows, Y = (ulong)size.Columns,
        };

    /// <summary>Mounts the terminal on a file.</summary>
    internal static LaunchStep AttachConsole(int target, string path) => new(PlanOpcode.AttachConsole, path, "the terminal") { Slot = target };

    internal static LaunchStep MakeMountsPrivate() => new(PlanOpcode.MakeMountsPrivate, "/", "recursively private");

    internal static LaunchStep ChangeHostDirectory(string path) => new(PlanOpcode.ChangeHostDirectory, path, "") { Text1 = path };

    /// <summary>mount(2) on a path of the host that the engine made.</summary>
    internal static LaunchStep Mount(string source, string target, string type, ulong flags, string options) =>
        new(PlanOpcode.Mount, target, $"{type} {options}")
        {
            Text1 = source, Text2 = target, Text3 = type, X = flags, Blob = Encoding.UTF8.GetBytes(options + '\0'),
        };

    internal static LaunchStep OpenHost(int slot, string path, bool directory = false) =>
        new(PlanOpcode.OpenHost, path, "on the host") { Slot = slot, Text1 = path, Flags = (ushort)(directory ? 1 : 0) };

    /// <summary>Opens a character device of the host and checks that it is the one it should be (security.md S11).</summary>
    internal static LaunchStep OpenHostDevice(int slot, string path, uint major, uint minor) =>
        OpenHost(slot, path) with { X = major, Y = minor, Detail = $"character device {major}:{minor} of the host" };

    /// <summary>Opens a path of the container, resolved inside its root.</summary>
    internal static LaunchStep OpenInRoot(int slot, string path, OpenInRootFlags flags, uint mode = 0x1ED, int root = Launch.Slot.Root) =>
        new(PlanOpcode.OpenInRoot, path, (flags & (OpenInRootFlags.CreateDirectory | OpenInRootFlags.CreateFile)) != 0 ? "made if missing" : "")
        {
            Slot = slot, Slot2 = root, Text1 = path, Flags = (ushort)flags, Mode = mode,
        };

    /// <summary>fsopen(2), fsconfig(2), fsmount(2): a file system that is mounted nowhere yet.</summary>
    /// <param name="slot">Gets the mount.</param>
    /// <param name="type">File system type.</param>
    /// <param name="attributes">MOUNT_ATTR_*.</param>
    /// <param name="options">Name, value, name, value; an empty value is a flag.</param>
    internal static LaunchStep CreateFileSystem(int slot, string type, uint attributes, params string[] options) =>
        new(PlanOpcode.CreateFileSystem, type, Describe(options, attributes)) { Slot = slot, Text1 = type, Mode = attributes, List1 = options };

    /// <summary>Opens the place for a mount, or makes it; file or directory as the mount is.</summary>
    internal static LaunchStep OpenMountPoint(string path, int mount) =>
        OpenInRoot(
            Launch.Slot.Target, path,
            OpenInRootFlags.CreateDirectory | OpenInRootFlags.CreateFile | OpenInRootFlags.LikeSource | OpenInRootFlags.NotProc) with { X = (ulong)mount };

    internal static LaunchStep Attach(int mount, int target, string path) =>
        new(PlanOpcode.Attach, path, "mount") { Slot = mount, Slot2 = target };

    internal static LaunchStep MakeNode(int directory, string name, char type, uint major, uint minor, uint mode) =>
        new(PlanOpcode.MakeNode, name, string.Create(CultureInfo.InvariantCulture, $"{type} {major}:{minor}"))
        {
            Slot = directory, Text1 = name, Mode = (type == 'b' ? Libc.S_IFBLK : Libc.S_IFCHR) | mode, X = DeviceNumber(major, minor),
        };

    internal static LaunchStep MakeFile(int directory, string name, uint mode) =>
        new(PlanOpcode.MakeNode, name, "empty file") { Slot = directory, Text1 = name, Mode = Libc.S_IFREG | mode };

    internal static LaunchStep MakeDirectory(int directory, string name, uint mode = 0x1ED) =>
        new(PlanOpcode.MakeDirectory, name, "") { Slot = directory, Text1 = name, Mode = mode };

    internal static LaunchStep MakeSymbolicLink(int directory, string name, string target) =>
        new(PlanOpcode.MakeSymbolicLink, name, "-> " + target) { Slot = directory, Text1 = name, Text2 = target };

    internal static LaunchStep CloneTree(int slot, int source, bool recursive, string path) =>
        new(PlanOpcode.CloneTree, path, recursive ? "with the mounts below" : "") { Slot = slot, Slot2 = source, Flags = (ushort)(recursive ? 1 : 0) };

    internal static LaunchStep SetMountAttributes(int mount, uint set, bool recursive, string path) =>
        new(PlanOpcode.SetMountAttributes, path, Describe([], set)) { Slot = mount, X = set, Flags = (ushort)(recursive ? 1 : 0) };

    /// <param name="mount">The mount.</param>
    /// <param name="propagation">MS_SHARED, MS_SLAVE or MS_PRIVATE.</param>
    /// <param name="recursive">Those below it, too.</param>
    /// <param name="path">For people.</param>
    internal static LaunchStep SetPropagation(int mount, ulong propagation, bool recursive, string path) =>
        new(PlanOpcode.SetMountAttributes, path, propagation == Libc.MS_SHARED ? "shared" : "slave")
        {
            Slot = mount, Z = propagation, Flags = (ushort)(recursive ? 1 : 0),
        };

    /// <summary>MOUNT_ATTR_IDMAP with the namespace that <see cref="MakeUserNamespace"/> made.</summary>
    internal static LaunchStep MapOwners(int mount, int userNamespace, bool recursive, string path) =>
        new(PlanOpcode.SetMountAttributes, path, "owners mapped")
        {
            Slot = mount, X = Libc.MOUNT_ATTR_IDMAP, Mode = (uint)userNamespace, Flags = (ushort)(recursive ? 3 : 2),
        };

    /// <summary>A user namespace that nobody is in, for <see cref="MapOwners"/>.</summary>
    /// <param name="slot">Gets it.</param>
    /// <param name="users">Lines of uid_map (user_namespaces(7)).</param>
    /// <param name="groups">Lines of gid_map.</param>
    internal static LaunchStep MakeUserNamespace(int slot, string users, string groups) =>
        new(PlanOpcode.MakeUserNamespace, "user", $"uids {users.Trim()}, gids {groups.Trim()}")
        {
            Slot = slot, Slot2 = Launch.Slot.Proc, Text1 = users, X = (ulong)Encoding.UTF8.GetByteCount(users),
            Text2 = groups, Y = (ulong)Encoding.UTF8.GetByteCount(groups),
        };

    /// <summary>Opens what is below a directory that is open, wherever links in it lead: never what is outside.</summary>
    /// <param name="slot">Gets it.</param>
    /// <param name="directory">May be the same slot, and is then closed.</param>
    /// <param name="path">Relative.</param>
    /// <param name="links">False where the engine made all of the path: a link in it is somebody's work.</param>
    /// <param name="subject">For people.</param>
    internal static LaunchStep OpenBeneath(int slot, int directory, string path, bool links, string subject) =>
        new(PlanOpcode.OpenBeneath, path, subject) { Slot = slot, Slot2 = directory, Text1 = path, Flags = (ushort)(links ? 1 : 0) };

    internal static LaunchStep MaskPath(string path) =>
        new(PlanOpcode.MaskPath, path, "hidden") { Text1 = path, Slot = Launch.Slot.Root, Slot2 = Launch.Slot.Null, Mode = Launch.Slot.EmptyDirectory };

    internal static LaunchStep ReadOnlyPath(string path) =>
        new(PlanOpcode.ReadOnlyPath, path, "read-only")
        {
            Text1 = path, Slot = Launch.Slot.Root, X = Libc.MOUNT_ATTR_RDONLY | NoSuidNoDevNoExec,
        };

    internal static LaunchStep SetKernelParameter(string name, string value) =>
        new(PlanOpcode.WriteInSlot, name, value)
        {
            Slot = Launch.Slot.Proc, Text1 = "sys/" + name.Replace('.', '/'), Text2 = value, X = (ulong)Encoding.UTF8.GetByteCount(value),
        };

    /// <summary>A file of what the session handed over in memory.</summary>
    /// <param name="directory">The slot of a file system that is not seen yet.</param>
    /// <param name="offset">Where it begins in the memory file.</param>
    internal static LaunchStep CopySecret(int directory, string name, long offset, long length, uint mode, uint uid, uint gid) =>
        new(PlanOpcode.CopySecret, name, "from memory")
        {
            Slot = directory, Text1 = name, X = (ulong)offset, Y = (ulong)length, Mode = mode, Z = ((ulong)gid << 32) | uid,
        };

    internal static LaunchStep PivotRoot(string path) => new(PlanOpcode.PivotRoot, path, "becomes /") { Slot = Launch.Slot.Root };

    internal static LaunchStep SetHostName(string name) =>
        new(PlanOpcode.SetHostName, name, "") { Text1 = name, X = (ulong)Encoding.UTF8.GetByteCount(name) };

    internal static LaunchStep SetDomainName(string name) =>
        new(PlanOpcode.SetDomainName, name, "") { Text1 = name, X = (ulong)Encoding.UTF8.GetByteCount(name) };

    internal static LaunchStep RaiseLoopback() => new(PlanOpcode.RaiseLoopback, "lo", "up");

    internal static LaunchStep SetResourceLimit(string name, int resource, ulong soft, ulong hard) =>
        new(PlanOpcode.SetResourceLimit, name, $"{Limit(soft)}:{Limit(hard)}") { Slot = resource, X = soft, Y = hard };

    internal static LaunchStep JoinSessionKeyring(string name) => new(PlanOpcode.JoinSessionKeyring, name, "new session keyring") { Text1 = name };

    internal static LaunchStep SetUmask(uint mask) => new(PlanOpcode.SetUmask, "0" + Convert.ToString(mask, 8), "") { Mode = mask };

    internal static LaunchStep DropBoundingSet(CapabilitySet keep, int last) =>
        new(PlanOpcode.DropBoundingSet, "bounding set", Describe(keep)) { X = keep.Bits, Y = (ulong)last };

    /// <param name="user">The numbers.</param>
    /// <param name="ownsInput">Standard input is a pipe or terminal of the container and is given to the user, too.</param>
    internal static LaunchStep SetUser(UserIdentity user, bool ownsInput)
    {
        byte[] groups = new byte[user.Groups.Count * sizeof(uint)];
        for (int i = 0; i < user.Groups.Count; i++)
        {
            BitConverter.TryWriteBytes(groups.AsSpan(i * sizeof(uint)), user.Groups[i]);
        }

        return new(PlanOpcode.SetUser, $"{user.Uid}:{user.Gid}", "groups " + string.Join(',', user.Groups))
        {
            X = user.Uid, Y = user.Gid, Z = (ulong)user.Groups.Count, Blob = groups, Flags = (ushort)(ownsInput ? 1 : 0),
        };
    }

    internal static LaunchStep SetCapabilities(CapabilitySet capabilities) =>
        new(PlanOpcode.SetCapabilities, "effective and permitted", Describe(capabilities)) { X = capabilities.Bits };

    internal static LaunchStep NoNewPrivileges() => new(PlanOpcode.NoNewPrivileges, "no_new_privs", "1");

    /// <param name="program">struct sock_filter array.</param>
    /// <param name="name">Which profile it is.</param>
    internal static LaunchStep LoadSeccomp(byte[] program, string name) =>
        new(PlanOpcode.LoadSeccomp, name, $"{program.Length / 8} instructions") { Blob = program, X = (ulong)(program.Length / 8) };

    internal static LaunchStep ChangeDirectory(string path) => new(PlanOpcode.ChangeDirectory, path, "") { Text1 = path };

    internal static LaunchStep RunInit() => new(PlanOpcode.RunInit, "init", "process 1 reaps and passes signals on");

    internal static LaunchStep Execute(IReadOnlyList<string> arguments, IReadOnlyList<string> environment, IReadOnlyList<string> candidates) =>
        new(PlanOpcode.Execute, arguments[0], string.Join(' ', arguments)) { List1 = arguments, List2 = environment, List3 = candidates };

    /// <summary>setns(2) on the container's first process, which the monitor holds: the root becomes that of its mount namespace.</summary>
    internal static LaunchStep JoinContainer(ulong namespaces, string names) =>
        new(PlanOpcode.JoinContainer, "namespaces", names) { X = namespaces };

    /// <summary>The container's own /dev/null, checked to be one.</summary>
    /// <param name="input">As standard input.</param>
    /// <param name="output">As standard output and error.</param>
    internal static LaunchStep OpenNull(bool input, bool output) =>
        new(PlanOpcode.OpenNull, input && output ? "stdin, stdout and stderr" : input ? "stdin" : "stdout and stderr", "/dev/null of the container")
        {
            Flags = (ushort)((input ? 1 : 0) | (output ? 2 : 0)),
        };

    internal static LaunchStep EnterProcessNamespace() => new(PlanOpcode.EnterProcessNamespace, "pid", "born into the process namespace");

    /// <summary>makedev(3): the encoding of dev_t that mknodat takes.</summary>
    internal static ulong DeviceNumber(uint major, uint minor) =>
        ((ulong)(major & 0xfffff000) << 32) | ((ulong)(major & 0xfff) << 8) | ((ulong)(minor & 0xffffff00) << 12) | (minor & 0xff);

    private static string Limit(ulong value) => value == ulong.MaxValue ? "unlimited" : value.ToString(CultureInfo.InvariantCulture);

    private static string Describe(CapabilitySet set) => set.Bits == 0 ? "none" : string.Join(' ', set.Names);

    private static string Describe(string[] options, uint attributes)
    {
        StringBuilder text = new();
        for (int i = 0; i < options.Length; i += 2)
        {
            text.Append(text.Length > 0 ? "," : "").Append(options[i]).Append(options[i + 1].Length > 0 ? "=" : "").Append(options[i + 1]);
        }

        Append(Libc.MOUNT_ATTR_RDONLY, "ro");
        Append(Libc.MOUNT_ATTR_NOSUID, "nosuid");
        Append(Libc.MOUNT_ATTR_NODEV, "nodev");
        Append(Libc.MOUNT_ATTR_NOEXEC, "noexec");
        return text.ToString();

        void Append(uint flag, string name)
        {
            if ((attributes & flag) != 0)
            {
                text.Append(text.Length > 0 ? "," : "").Append(name);
            }
        }
    }
}
