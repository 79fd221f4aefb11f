using System.Net;
using System.Net.Sockets;

namespace Containers.Engine.Networking.Allocation;

/// <summary>
/// Which container has which address of one network. A file for each address holds the owner's id, and <c>last</c> the address that was
/// given last, so that one that was released does not come back before all others have been used: a client that still
/// knows it must not reach another container. The caller holds the engine's network lock.
/// </summary>
/// <param name="directory">Made at the first lease.</param>
/// <param name="isAlive">Whether an owner still is; the lease of one that is not is anybody's.</param>
/// <param name="nameOf">An owner's name for messages; null for the beginning of its id.</param>
internal sealed class AddressLeases(string directory, Func<string, bool> isAlive, Func<string, string>? nameOf = null)
{
    private readonly LeaseDirectory _files = new(directory);

    /// <summary>Leases an address.</summary>
    /// <param name="range">The subnet, or the part of it that addresses are given from; for a wanted address the subnet.</param>
    /// <param name="excluded">Never given: network and broadcast address, gateway, auxiliary addresses.</param>
    /// <param name="wanted">A fixed address; null for the next free one.</param>
    /// <exception cref="EngineException">AddressInUse, AddressOutOfRange, AddressPoolExhausted.</exception>
    internal IPAddress Take(string owner, IPNetwork range, IReadOnlySet<IPAddress> excluded, IPAddress? wanted = null)
    {
        LeaseDirectory.RequireOwner(owner);
        return wanted is null ? TakeNext(owner, range, excluded) : TakeWanted(owner, range, excluded, wanted);
    }

    /// <summary>Gives an address back; false when it is not the owner's.</summary>
    internal bool Release(string owner, IPAddress address)
    {
        if (_files.ReadOwner(address.ToString()) != owner)
        {
            return false;
        }

        _files.Remove(address.ToString());
        return true;
    }

    /// <summary>Gives all addresses of an owner back.</summary>
    internal void Release(string owner)
    {
        foreach ((IPAddress address, string holder) in Owners())
        {
            if (holder == owner)
            {
                _files.Remove(address.ToString());
            }
        }
    }

    /// <summary>All leases, also those of owners that are gone; what is damaged is left out.</summary>
    internal IReadOnlyDictionary<IPAddress, string> Owners()
    {
        Dictionary<IPAddress, string> owners = [];
        foreach (string name in _files.Names())
        {
            if (InterfaceAddress.TryParseAddress(name, out IPAddress? address) && _files.ReadOwner(name) is { } owner)
            {
                owners[address!] = owner;
            }
        }

        return owners;
    }

    private IPAddress TakeWanted(string owner, IPNetwork range, IReadOnlySet<IPAddress> excluded, IPAddress wanted)
    {
        if (wanted.AddressFamily != range.BaseAddress.AddressFamily || !range.Contains(wanted))
        {
            throw OutOfRange(wanted, $"The address {wanted} is not in {range}.", range);
        }

        if (excluded.Contains(wanted))
        {
            throw OutOfRange(wanted, $"The address {wanted} of {range} is the network's own or kept for others.", range);
        }

        if (!TryLease(owner, wanted, out string? holder) && holder != owner)
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "AddressInUse",
                holder is null ? $"The address {wanted} cannot be leased: its file is a directory." : $"The address {wanted} belongs to \"{Name(holder)}\".",
                wanted.ToString(), "Choose another address, or remove that container.");
        }

        return wanted;
    }

    private IPAddress TakeNext(string owner, IPNetwork range, IReadOnlySet<IPAddress> excluded)
    {
        AddressFamily family = range.BaseAddress.AddressFamily;
        string pointer = family == AddressFamily.InterNetwork ? "last" : "last6";
        (UInt128 first, UInt128 last) = Span(range, excluded);
        UInt128 start = Next(ReadPointer(pointer, family) ?? last, first, last);
        UInt128 number = start;
        do
        {
            IPAddress address = AddressNumbers.ToAddress(number, family);
            if (!excluded.Contains(address) && TryLease(owner, address, out _))
            {
                // After the lease: a crash in between makes the next one look at this address again, and see that it is taken.
                _files.WritePointer(pointer, address.ToString());
                return address;
            }

            number = Next(number, first, last);
        }
        while (number != start);

        throw new EngineException(
            EngineErrorKind.LimitsExceeded, "AddressPoolExhausted", $"All addresses of {range} are in use.", range.ToString(),
            "Remove containers you no longer need, or make a network with a larger subnet.");
    }

    /// <summary>
    /// The first and last address given without being asked for. As in docker 1.2, from network + 2 (the address after the network's
    /// is most often a router's) to the one before the last; a part of a subnet begins one after its first. A part too small for that is used whole.
    /// </summary>
    private static (UInt128 First, UInt128 Last) Span(IPNetwork range, IReadOnlySet<IPAddress> excluded)
    {
        UInt128 first = AddressNumbers.First(range);
        UInt128 last = AddressNumbers.Last(range);
        if (last - first < 3)
        {
            return (first, last);
        }

        return (first + (excluded.Contains(range.BaseAddress) ? 2u : 1u), last - 1);
    }

    private static UInt128 Next(UInt128 number, UInt128 first, UInt128 last) => number < first || number >= last ? first : number + 1;

    private UInt128? ReadPointer(string name, AddressFamily family) =>
        InterfaceAddress.TryParseAddress(_files.ReadPointer(name), out IPAddress? address) && address!.AddressFamily == family
            ? AddressNumbers.ToNumber(address)
            : null;

    private bool TryLease(string owner, IPAddress address, out string? holder)
    {
        holder = null;
        string name = address.ToString();
        if (_files.TryCreate(name, owner))
        {
            return true;
        }

        holder = _files.ReadOwner(name);
        return (holder is null || (holder != owner && !isAlive(holder))) && _files.TryReplace(name, owner);
    }

    private string Name(string owner) => nameOf?.Invoke(owner) ?? owner[..Math.Min(12, owner.Length)];

    private static EngineException OutOfRange(IPAddress address, string message, IPNetwork range) => new(
        EngineErrorKind.InvalidArgument, "AddressOutOfRange", message, address.ToString(), $"Choose a free address of {range}, or none to get the next one.");
}
