using System.Text.Json;
using Containers.Engine.Cgroups;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Lifecycle;

public sealed class RecordFileTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_record_is_read_as_it_was_written(bool durable)
    {
        ContainerRecord record = new()
        {
            Id = ContainerRecord.NewId(),
            Name = "wéb",
            Created = DateTimeOffset.UtcNow,
            ImageId = "sha256:1",
            Command = ["sh", "-c", "echo \"ä\""],
            Spec = new ContainerSpec
            {
                Image = "busybox",
                Labels = new Dictionary<string, string> { ["a"] = "1\n2" },
                Process = new ProcessSpec
                {
                    Ulimits = new Dictionary<string, UlimitSpec> { ["nofile"] = new(1, -1) }, StopTimeout = TimeSpan.FromSeconds(3),
                },
                Limits = new ResourceLimits { Memory = 5L << 32, Cpus = 1.5m },
                Restart = new RestartSpec { Policy = RestartKind.OnFailure, Maximum = 2 },
                Storage = new StorageSpec
                {
                    Mounts =
                    [
                        MountSpec.Tmpfs("/t") with { Size = 5, Mode = 7, NoExec = false },
                        MountSpec.Bind("/a", "/b") with { Propagation = MountPropagation.RSlave, IdMap = new IdMapSpec([new IdRange(0, 1, 2)], []) },
                    ],
                },
            },
        };
        RecordFile.Write(_folder["config.json"], record, RecordJson.Default.ContainerRecord, durable);
        ContainerRecord read = RecordFile.Read(_folder["config.json"], RecordJson.Default.ContainerRecord);
        Assert.Equal(
            JsonSerializer.Serialize(record, RecordJson.Default.ContainerRecord),
            JsonSerializer.Serialize(read, RecordJson.Default.ContainerRecord));
        Assert.Equal(("wéb", 5L << 32, 1.5m), (read.Name, read.Spec.Limits.Memory, read.Spec.Limits.Cpus));
        Assert.Equal(record.Spec.Restart, read.Spec.Restart);
        Assert.Equal(record.Spec.Storage.Mounts[0], read.Spec.Storage.Mounts[0]);
        Assert.Equal(["config.json"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["config.json"]));
    }

    [Fact]
    public void A_value_that_is_its_types_default_is_read_back_where_the_records_default_is_another()
    {
        // Nothing is written for it: a default of the record would come in its place.
        ContainerRecord record = new()
        {
            Id = ContainerRecord.NewId(), Name = "a", Created = DateTimeOffset.UnixEpoch, ImageId = "i", Command = [],
            Spec = new ContainerSpec { Image = "b", Log = new LogSpec { MaximumFiles = 1, MaximumBytes = 65536 } },
        };
        RecordFile.Write(_folder["c"], record, RecordJson.Default.ContainerRecord, durable: false);
        Assert.Equal(record.Spec.Log, RecordFile.Read(_folder["c"], RecordJson.Default.ContainerRecord).Spec.Log);
        RecordFile.Write(_folder["s"], new StateRecord { FailedStep = 0, ExitCode = 0 }, RecordJson.Default.StateRecord, durable: false);
        StateRecord state = RecordFile.Read(_folder["s"], RecordJson.Default.StateRecord);
        Assert.Equal(0, state.ExitCode);
        Assert.Equal(0, state.FailedStep);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\0\0\0\0")]
    [InlineData(
        "{\"id\":\"a\",\"id\":\"b\",\"name\":\"n\",\"created\":\"2026-01-01T00:00:00Z\",\"imageId\":\"i\",\"command\":[],\"spec\":{\"image\":\"x\"}}")]
    public void Damage_is_a_json_exception(string content)
    {
        File.WriteAllText(_folder["c"], content);
        Assert.Throws<JsonException>(() => RecordFile.Read(_folder["c"], RecordJson.Default.ContainerRecord));
    }

    [Fact]
    public void A_file_of_absurd_size_is_not_read()
    {
        using (FileStream file = File.Create(_folder["c"]))
        {
            file.SetLength(1L << 33);
        }

        Assert.Throws<JsonException>(() => RecordFile.Read(_folder["c"], RecordJson.Default.StateRecord));
    }

    [Fact]
    public void What_a_monitor_writes_is_a_state_record()
    {
        File.WriteAllText(_folder["s"], """
            {"status":"exited","pid":0,"pidStartTime":0,"monitorPid":7,"monitorStartTime":9,"bootId":"b","startedAt":1,"finishedAt":2,
            "exitCode":137,"signal":9,"oomKilled":1,"restartCount":3,"stoppedByUser":0,"failedStep":-1,"failedErrno":0,"lostLogBytes":4}
            """);
        StateRecord state = RecordFile.Read(_folder["s"], RecordJson.Default.StateRecord);
        Assert.Equal((137, 9, 1, 3, 4L), (state.ExitCode, state.Signal, state.OomKilled, state.RestartCount, state.LostLogBytes));
    }
}
