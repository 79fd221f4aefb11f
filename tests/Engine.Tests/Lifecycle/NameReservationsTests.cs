using Containers.Engine.Lifecycle;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Lifecycle;

public sealed class NameReservationsTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly EnginePaths _paths;
    private readonly NameReservations _names;

    public NameReservationsTests()
    {
        _paths = new EnginePaths(new EngineOptions(_folder["data"], _folder["run"], "/none"));
        Directory.CreateDirectory(_paths.Names);
        _names = new NameReservations(_paths);
    }

    public void Dispose() => _folder.Dispose();

    private string Container(char digit, bool made = true)
    {
        string id = new(digit, 64);
        Directory.CreateDirectory(made ? _paths.Container(id) : _paths.NewContainer(id));
        return id;
    }

    [Fact]
    public void A_name_belongs_to_the_first_until_it_is_released()
    {
        string a = Container('a');
        string b = Container('b');
        Assert.True(_names.TryReserve("web", a));
        Assert.False(_names.TryReserve("web", b));
        Assert.Equal(a, _names.Owner("web"));
        _names.Release("web", b);
        Assert.Equal(a, _names.Owner("web"));
        _names.Release("web", a);
        Assert.Null(_names.Owner("web"));
        Assert.True(_names.TryReserve("web", b));
    }

    [Fact]
    public void Names_that_differ_by_case_only_are_the_same()
    {
        Assert.True(_names.TryReserve("Web", Container('a')));
        Assert.False(_names.TryReserve("wEB", Container('b')));
        Assert.Equal(new string('a', 64), _names.Owner("WEB"));
    }

    [Fact]
    public void A_container_that_is_being_made_holds_its_name()
    {
        Assert.True(_names.TryReserve("web", Container('a', made: false)));
        Assert.False(_names.TryReserve("web", Container('b')));
    }

    [Fact]
    public void A_name_whose_owner_is_gone_is_free()
    {
        Assert.True(_names.TryReserve("web", new string('a', 64)));
        Assert.True(_names.TryReserve("web", Container('b')));
        Assert.Equal(new string('b', 64), _names.Owner("web"));
    }

    [Fact]
    public void What_a_power_cut_left_of_a_reservation_is_free()
    {
        File.WriteAllText(_paths.Name("web"), "");
        Assert.True(_names.TryReserve("web", Container('b')));
    }

    [Fact]
    public void A_reservation_is_never_there_without_its_owner_and_leaves_nothing_else()
    {
        using CancellationTokenSource end = new();
        int half = 0;
        Thread watcher = new(() =>
        {
            while (!end.IsCancellationRequested)
            {
                if (_names.Owner("web") is { Length: not 64 })
                {
                    half++;
                }
            }
        });
        watcher.Start();
        string a = Container('a');
        for (int round = 0; round < 2000; round++)
        {
            Assert.True(_names.TryReserve("web", a));
            File.Delete(_paths.Name("web"));
        }

        end.Cancel();
        watcher.Join();
        Assert.Equal(0, half);
        Assert.Equal([_paths.Names + "/.lock"], Directory.GetFiles(_paths.Names).Append(_paths.Names + "/.lock").Distinct());
    }

    [Fact]
    public void What_a_killed_session_had_reserved_goes_with_its_container()
    {
        string a = Container('a');
        Assert.True(_names.TryReserve("web", a));
        File.WriteAllText($"{_paths.Names}/.{a}", a); // Killed before this one was deleted.
        Assert.True(_names.TryReserve("db", Container('b')));
        _names.ReleaseAll(a);
        Assert.Equal(["db"], Directory.GetFiles(_paths.Names).Select(Path.GetFileName).Where(name => name != ".lock"));
    }

    [Fact]
    public async Task Of_many_only_one_gets_a_stale_name()
    {
        for (int round = 0; round < 20; round++)
        {
            string name = $"n{round}";
            Assert.True(_names.TryReserve(name, new string('f', 64)));
            string[] ids = [.. "01234567".Select(digit => Container(digit))];
            using Barrier gate = new(ids.Length);
            bool[] won = await Task.WhenAll(ids.Select(id => Task.Factory.StartNew(
                () =>
                {
                    gate.SignalAndWait(TimeSpan.FromSeconds(10));
                    return new NameReservations(_paths).TryReserve(name, id);
                },
                TaskCreationOptions.LongRunning)));
            Assert.Single(won, true);
            Assert.Equal(ids[Array.IndexOf(won, true)], _names.Owner(name));
        }
    }
}
