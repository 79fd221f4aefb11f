using System.Collections.Concurrent;
using Containers.Engine.Linux;
using Containers.Engine.Tests.Images;
using Containers.Engine.Volumes;
using Xunit;

namespace Containers.Engine.Tests.Volumes;

public sealed class VolumeStoreTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ConcurrentDictionary<string, bool> _containers = new();
    private readonly VolumeStore _store;

    public VolumeStoreTests() => _store = new VolumeStore(_folder.Path, _containers.ContainsKey);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_many_that_make_one_volume_at_once_exactly_one_wins_and_nothing_half_made_stays()
    {
        int made = 0;
        Parallel.For(0, 32, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            if (_store.TryCreate(Record(i % 2 == 0 ? "one" : "ONE"), null, durable: false, default))
            {
                Interlocked.Increment(ref made);
            }
        });
        Assert.Equal(1, made);
        Assert.Equal(["one"], Entries());
    }

    [Fact]
    public void What_fails_while_it_is_filled_is_not_there()
    {
        Assert.Throws<InvalidOperationException>(() => _store.TryCreate(Record("a"), _ => throw new InvalidOperationException(), durable: false, default));
        Assert.Empty(Entries());
        Assert.True(_store.TryCreate(Record("a"), null, durable: false, default));
        Assert.Throws<InvalidOperationException>(() => _store.TryFill("a", _ => throw new InvalidOperationException(), default));
        Assert.Empty(Directory.GetFileSystemEntries(_store.DataOf("a")));
        Assert.Equal(["a"], Entries());
    }

    [Fact]
    public void Only_an_empty_volume_is_filled()
    {
        Assert.True(_store.TryCreate(Record("a"), null, durable: false, default));
        Assert.True(_store.TryFill("a", _ => { }, default));
        File.WriteAllText(_store.DataOf("a") + "/x", "");
        Assert.False(_store.TryFill("a", _ => { }, default));
        Assert.True(File.Exists(_store.DataOf("a") + "/x"));
    }

    [Fact]
    public void A_user_counts_as_long_as_there_is_such_a_container()
    {
        string id = new('a', 64);
        _containers[id] = true;
        Assert.True(_store.TryCreate(Record("a"), null, durable: false, default));
        _store.AddUser("a", id, passing: false, default);
        Assert.Equal([id], _store.Users("a"));
        Assert.False(_store.TryRemoveUnused("a"));
        _containers.Clear();
        Assert.Empty(_store.Users("a"));
        Assert.True(_store.TryRemoveUnused("a"));
        Assert.Empty(Entries());
        Assert.Equal("VolumeNotFound", Assert.Throws<EngineException>(() => _store.AddUser("a", id, passing: false, default)).ErrorId);
    }

    [Fact]
    public void A_sweep_removes_what_dead_sessions_left_and_volumes_whose_container_is_gone()
    {
        string id = new('b', 64);
        _containers[id] = true;
        Assert.True(_store.TryCreate(Record("passing"), null, durable: false, default));
        Assert.True(_store.TryCreate(Record("stays"), null, durable: false, default));
        _store.AddUser("passing", id, passing: true, default);
        _store.AddUser("stays", id, passing: false, default);
        Directory.CreateDirectory(_folder.Path + "/volumes/.new-dead/_data");
        _store.Sweep();
        Assert.Equal(["passing", "stays"], Entries());
        _containers.Clear();
        _store.Sweep();
        _store.Sweep();
        Assert.Equal(["stays"], Entries());
        Assert.Empty(Directory.GetFiles(_folder.Path + "/volumes/.passing"));
    }

    [Fact]
    public async Task A_volume_that_was_removed_and_made_again_while_one_waited_is_locked_as_the_new_one()
    {
        Assert.True(_store.TryCreate(Record("a"), null, durable: false, default));
        FileLock first = _store.Lock("a", default);
        Task<FileLock> second = Task.Run(() => _store.Lock("a", default));
        Thread.Sleep(50);
        _store.Remove("a");
        Assert.True(_store.TryCreate(Record("a"), null, durable: false, default));
        first.Dispose();
        using FileLock held = await second;
        using FileLock? another = FileLock.TryTake(_store.PathOf("a") + "/lock", TimeSpan.Zero, default);
        Assert.Null(another);
    }

    [Fact]
    public void Damage_is_told_and_does_not_hide_the_others()
    {
        Assert.True(_store.TryCreate(Record("good"), null, durable: false, default));
        Directory.CreateDirectory(_folder.Path + "/volumes/norecord");
        Directory.CreateDirectory(_folder.Path + "/volumes/badrecord");
        File.WriteAllText(_folder.Path + "/volumes/badrecord/volume.json", "{\"name\":\"other\",\"created\":\"2026-01-01T00:00:00Z\"}");
        Directory.CreateSymbolicLink(_folder.Path + "/volumes/link", _folder.Path);
        Assert.Equal(
            [("badrecord", true), ("good", false), ("link", true), ("norecord", true)],
            _store.List().Select(volume => (volume.Name, volume.Problem is not null)));
        Assert.True(_store.TryRemoveFalse("link"));
        Assert.False(_store.TryRemoveFalse("good"));
        Assert.True(Directory.Exists(_folder.Path + "/volumes"));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("A9_.-", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("-a", false)]
    [InlineData("a/b", false)]
    [InlineData("a\n", false)]
    [InlineData("a\0", false)]
    public void Names_are_as_dockers(string name, bool valid) => Assert.Equal(valid, VolumeName.IsValid(name));

    private List<string> Entries() =>
        [.. Directory.GetFileSystemEntries(_folder.Path + "/volumes").Select(path => Path.GetFileName(path)!).Where(name => name is not (".lock" or ".passing")).Order()];

    private static VolumeRecord Record(string name) => new() { Name = name, Created = DateTimeOffset.UtcNow };
}
