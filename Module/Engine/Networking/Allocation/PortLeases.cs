using System.Globalization;
using System.Net;
using System.Text;

namespace Containers.Engine.Networking.Allocation;

/// <summary>
/// Which container has which port of the host. A file for each protocol and port holds a line for each owner, "ADDRESS OWNER"; files
/// named <c>last-</c> hold the port that was chosen last. The caller holds the engine's network lock, and is in the host's network namespace.
/// </summary>
/// <param name="directory">Made at the first lease.</param>
/// <param name="isAlive">Whether an owner still is; the leases of one that is not are anybody's.</param>
/// <param name="nameOf">An owner's name, for messages.</param>
/// <param name="isFree">Whether no process of the host has the port; null for <see cref="PortProbe.IsFree"/>.</param>
internal sealed class PortLeases(
    string directory, Func<string, bool> isAlive, Func<string, string> nameOf, Func<IPAddress?, int, string, bool>? isFree = null)
{
    /// <summary>The ports that are chosen from when nobody names one: the dynamic ports of RFC 6335 but the first.</summary>
    internal const int FirstDynamic = 49153;
    internal const int LastDynamic = 65535;

    private readonly LeaseDirectory _files = new(directory);
    private readonly Func<IPAddress?, int, string, bool> _isFree = isFree ?? PortProbe.IsFree;

    /// <summary>Leases the port that was asked for.</summary>
    /// <exception cref="EngineException">PortAlreadyAllocated (another container has it) or PortInUse (a process of the host has).</exception>
    internal HostPortLease Take(string owner, IPAddress? hostAddress, int port, string protocol)
    {
        LeaseDirectory.RequireOwner(owner);
        List<HostPortLease> leases = Read(port, protocol);
        string text = HostPortLease.Describe(hostAddress, port, protocol);
        if (leases.FirstOrDefault(lease => HostPortLease.Conflict(lease.HostAddress, hostAddress)) is { } other)
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "PortAlreadyAllocated",
                $"The host port {text} is used by container \"{nameOf(other.Owner)}\".", text,
                "Choose another host port; or stop that container, or unpublish its port.");
        }

        return _isFree(hostAddress, port, protocol)
            ? Add(new HostPortLease(owner, hostAddress, port, protocol), leases)
            : throw new EngineException(
                EngineErrorKind.ResourceBusy, "PortInUse", $"The host port {text} is used by a process of the host.", text,
                "Choose another host port, or end the process that listens there (ss -tulnp shows it).");
    }

    /// <summary>Leases the first free port of a range that was asked for.</summary>
    /// <exception cref="EngineException">PortsExhausted.</exception>
    internal HostPortLease TakeFirst(string owner, IPAddress? hostAddress, string protocol, int first, int last) =>
        TakeFrom(owner, hostAddress, protocol, first, first, last);

    /// <summary>
    /// Leases the next free port after the one that was chosen last for this address and protocol, from the beginning again after the
    /// end: a port that was given back is the last to be given again. Docker gave up after ten ports of strangers; there is no reason to.
    /// </summary>
    /// <exception cref="EngineException">PortsExhausted.</exception>
    internal HostPortLease TakeDynamic(
        string owner, IPAddress? hostAddress, string protocol, int first = FirstDynamic, int last = LastDynamic)
    {
        string pointer = $"last-{protocol}-{HostPortLease.AddressText(hostAddress)}";
        bool known = int.TryParse(_files.ReadPointer(pointer), NumberStyles.None, CultureInfo.InvariantCulture, out int previous);
        int start = known && previous >= first && previous < last ? previous + 1 : first;
        HostPortLease lease = TakeFrom(owner, hostAddress, protocol, start, first, last);
        _files.WritePointer(pointer, lease.Port.ToString(CultureInfo.InvariantCulture));
        return lease;
    }

    internal void Release(HostPortLease lease)
    {
        List<HostPortLease> leases = Read(lease.Port, lease.Protocol);
        if (leases.Remove(lease))
        {
            Write(lease.Port, lease.Protocol, leases);
        }
    }

    internal void Release(string owner)
    {
        // Not by Leases(): an owner that is released is most often gone, and its leases with it, but their files would stay.
        foreach ((int port, string protocol) in Ports())
        {
            if ((_files.Read(FileName(port, protocol)) ?? "").Contains(owner, StringComparison.Ordinal))
            {
                Write(port, protocol, [.. Read(port, protocol).Where(lease => lease.Owner != owner)]);
            }
        }
    }

    /// <summary>The leases of owners that are alive, by protocol and port.</summary>
    internal IReadOnlyList<HostPortLease> Leases() =>
        [.. Ports().SelectMany(one => Read(one.Port, one.Protocol)).OrderBy(lease => lease.Protocol, StringComparer.Ordinal).ThenBy(lease => lease.Port)];

    /// <summary>What the files are for.</summary>
    private List<(int Port, string Protocol)> Ports()
    {
        List<(int Port, string Protocol)> all = [];
        foreach (string name in _files.Names())
        {
            int dash = name.IndexOf('-', StringComparison.Ordinal);
            if (dash > 0 && int.TryParse(name[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port)
                && name == FileName(port, name[..dash]))
            {
                all.Add((port, name[..dash]));
            }
        }

        return all;
    }

    private HostPortLease TakeFrom(string owner, IPAddress? hostAddress, string protocol, int start, int first, int last)
    {
        LeaseDirectory.RequireOwner(owner);
        int port = start;
        do
        {
            List<HostPortLease> leases = Read(port, protocol);
            if (!leases.Any(lease => HostPortLease.Conflict(lease.HostAddress, hostAddress)) && _isFree(hostAddress, port, protocol))
            {
                return Add(new HostPortLease(owner, hostAddress, port, protocol), leases);
            }

            port = port >= last ? first : port + 1;
        }
        while (port != start);

        throw new EngineException(
            EngineErrorKind.LimitsExceeded, "PortsExhausted",
            string.Create(CultureInfo.InvariantCulture, $"All host ports from {first} to {last} ({protocol}) are in use."), null,
            "Choose a host port, or stop containers you no longer need.");
    }

    private HostPortLease Add(HostPortLease lease, List<HostPortLease> others)
    {
        Write(lease.Port, lease.Protocol, [.. others, lease]);
        return lease;
    }

    /// <summary>The leases of a port; damaged lines and those of owners that are gone are left out, and so disappear with the next change.</summary>
    private List<HostPortLease> Read(int port, string protocol)
    {
        List<HostPortLease> leases = [];
        foreach (string line in (_files.Read(FileName(port, protocol)) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(' ');
            if (parts.Length == 2 && HostPortLease.TryParseAddress(parts[0], out IPAddress? address)
                && LeaseDirectory.IsOwner(parts[1]) && isAlive(parts[1]))
            {
                leases.Add(new HostPortLease(parts[1], address, port, protocol));
            }
        }

        return leases;
    }

    private void Write(int port, string protocol, List<HostPortLease> leases)
    {
        string name = FileName(port, protocol);
        if (leases.Count == 0)
        {
            _files.Remove(name);
            return;
        }

        StringBuilder text = new();
        foreach (HostPortLease lease in leases)
        {
            text.Append(HostPortLease.AddressText(lease.HostAddress)).Append(' ').Append(lease.Owner).Append('\n');
        }

        if (!_files.TryReplace(name, text.ToString()))
        {
            throw new Linux.LinuxException("rename", Path.Join(directory, name), Linux.Errno.EISDIR);
        }
    }

    private static string FileName(int port, string protocol) => string.Create(CultureInfo.InvariantCulture, $"{protocol}-{port}");
}
