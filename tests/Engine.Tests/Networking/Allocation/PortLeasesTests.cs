using System.Net;
using Containers.Engine.Networking.Allocation;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Networking.Allocation;

public sealed class PortLeasesTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly HashSet<string> _dead = [];
    private readonly HashSet<int> _strangers = [];
    private readonly PortLeases _leases;

    public PortLeasesTests() => _leases = new PortLeases(
        _folder["ports"], owner => !_dead.Contains(owner), owner => "name-of-" + owner, (_, port, _) => !_strangers.Contains(port));

    public void Dispose() => _folder.Dispose();

    private static IPAddress? Address(string? text) => text is null ? null : IPAddress.Parse(text);

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(null, "10.0.0.1", true)]
    [InlineData("10.0.0.1", null, true)]
    [InlineData("::1", null, true)]
    [InlineData(null, "::", true)]
    [InlineData("0.0.0.0", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "0.0.0.0", true)]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("::", "fd00::1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("0.0.0.0", "::", false)]
    [InlineData("0.0.0.0", "::1", false)]
    [InlineData("::", "10.0.0.1", false)]
    public void Addresses_conflict_where_traffic_could_be_meant_for_both(string? first, string? second, bool conflict)
    {
        _leases.Take("a", Address(first), 8080, "tcp");
        _leases.Take("b", Address(second), 8080, "udp");
        _leases.Take("b", Address(second), 8081, "tcp");
        if (conflict)
        {
            EngineException e = Failure.Of("PortAlreadyAllocated", () => _leases.Take("b", Address(second), 8080, "tcp"));
            Assert.Equal(EngineErrorKind.ResourceExists, e.Kind);
            Assert.Contains("8080", e.Message, StringComparison.Ordinal);
            Assert.Contains("\"name-of-a\"", e.Message, StringComparison.Ordinal);
            Assert.StartsWith("Choose another host port;", e.Action, StringComparison.Ordinal);
        }
        else
        {
            _leases.Take("b", Address(second), 8080, "tcp");
            Assert.Equal(["a", "b"], _leases.Leases().Where(lease => lease.Port == 8080 && lease.Protocol == "tcp").Select(lease => lease.Owner));
        }
    }

    [Fact]
    public void A_port_is_free_again_after_its_release_or_its_owners_end()
    {
        HostPortLease one = _leases.Take("a", Address("10.0.0.1"), 80, "tcp");
        _leases.Take("b", Address("10.0.0.2"), 80, "tcp");
        _leases.Release(one);
        Assert.Equal("b", Assert.Single(_leases.Leases()).Owner);
        _leases.Take("c", Address("10.0.0.1"), 80, "tcp");
        _dead.Add("c");
        Assert.Equal("d", _leases.Take("d", Address("10.0.0.1"), 80, "tcp").Owner);
        _leases.Release("b");
        _leases.Release("d");
        Assert.Empty(_leases.Leases());
        Assert.Empty(Directory.GetFiles(_folder["ports"], "tcp-*"));
    }

    [Fact]
    public void Damaged_files_are_no_leases()
    {
        Directory.CreateDirectory(_folder["ports"]);
        File.WriteAllText(_folder["ports/tcp-80"], "");
        File.WriteAllText(_folder["ports/tcp-81"], "junk\n* a\n10.0.0.1 ../x\nhalf");
        File.WriteAllText(_folder["ports/tcp-082"], "* z\n");
        Assert.Equal([new HostPortLease("a", null, 81, "tcp")], _leases.Leases());
        _leases.Take("b", null, 80, "tcp");
        Failure.Of("PortAlreadyAllocated", () => _leases.Take("b", null, 81, "tcp"));
    }

    [Fact]
    public void A_strangers_port_is_another_error()
    {
        _strangers.Add(80);
        EngineException e = Failure.Of("PortInUse", () => _leases.Take("a", null, 80, "tcp"));
        Assert.Equal(EngineErrorKind.ResourceBusy, e.Kind);
        Assert.Empty(_leases.Leases());
    }

    [Fact]
    public void Chosen_ports_follow_the_last_one_for_each_address_and_protocol()
    {
        Assert.Equal(49153, _leases.TakeDynamic("a", null, "tcp").Port);
        _leases.Release("a");
        Assert.Equal(49154, _leases.TakeDynamic("a", null, "tcp").Port);
        Assert.Equal(49153, _leases.TakeDynamic("a", null, "udp").Port);
        Assert.Equal(49153, _leases.TakeDynamic("a", Address("10.0.0.1"), "tcp").Port);
        _strangers.UnionWith(Enumerable.Range(49155, 30));
        Assert.Equal(49185, _leases.TakeDynamic("a", null, "tcp").Port);
    }

    [Theory]
    [InlineData("65535")]
    [InlineData("")]
    [InlineData("junk")]
    [InlineData("80")]
    [InlineData("99999999999")]
    public void At_the_end_and_without_a_good_pointer_they_start_again(string pointer)
    {
        Directory.CreateDirectory(_folder["ports"]);
        File.WriteAllText(_folder["ports/last-tcp-*"], pointer);
        Assert.Equal(49153, _leases.TakeDynamic("a", null, "tcp").Port);
    }

    [Fact]
    public void Of_a_range_the_first_free_one_is_taken()
    {
        _strangers.Add(8000);
        Assert.Equal([8001, 8002], "ab".Select(owner => _leases.TakeFirst(owner.ToString(), null, "tcp", 8000, 8002).Port));
        _leases.Release("a");
        Assert.Equal(8001, _leases.TakeFirst("c", null, "tcp", 8000, 8002).Port);
        Failure.Of("PortsExhausted", () => _leases.TakeFirst("d", null, "tcp", 8000, 8002));
    }
}
