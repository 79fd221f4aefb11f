using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Tests.Images;
using Containers.Engine.Tests.Monitor;
using Xunit;

namespace Containers.Engine.Tests.Storage;

/// <summary>Whole containers, by the real monitor, on each driver.</summary>
public sealed class RunOnDriverTests
{
    [SkippableTheory, MemberData(nameof(DriverTests.Kinds), MemberType = typeof(DriverTests))]
    public void A_container_runs_is_committed_while_it_runs_and_what_was_made_of_it_runs(string kind)
    {
        Skip.If(MonitorRun.Missing is not null, MonitorRun.Missing);
        using DriverBench bench = new(kind);
        using TestFolder run = new();
        using ContainerEngine engine = new(new EngineOptions(bench.DataRoot, run["run"], MonitorRun.Program!));
        engine.SetStorageDriver(bench.Driver.Name);
        ContainerImage image = engine.Images.CreateFromPrograms([MonitorRun.Busybox], new ImageImportOptions(), null, CancellationToken.None);
        ContainerSpec spec = new()
        {
            Image = image.Id,
            Process = new ProcessSpec { Command = ["sh", "-c", "echo made > /made; rm -f /bin/vi; mkdir -p /etc/x; echo own > /etc/x/own; sleep 600"] },
            Network = new NetworkSpec { Mode = NetworkSpec.None },
        };
        Container container = engine.Create(spec, "one", []);
        try
        {
            engine.Start("one", [], CancellationToken.None);
            MonitorRun.Eventually(() => engine.GetChanges("one", CancellationToken.None).Any(change => change.Path == "/etc/x/own"), "no change is seen");
            Assert.Equal(bench.Driver.Name, engine.GetStorageDrivers().Single(one => one.Containers == 1).Name);

            ContainerImage made = engine.Commit(
                "one", new CommitOptions { References = [ImageReference.Parse("made")], Message = "m", Changes = ["CMD [\"cat\", \"/made\"]"] },
                CancellationToken.None);
            Assert.Equal(ContainerState.Running, engine.Get("one").State);
            Assert.Equal(2, made.Layers);
            Assert.Contains(engine.CompareImages(image.Id, "made", CancellationToken.None), change => change.ToString() == "A /made");
            Assert.DoesNotContain(engine.CompareImages(image.Id, "made", CancellationToken.None), change => change.Path == "/etc/hosts");

            using (FileStream tar = File.Create(run["export.tar"]))
            {
                engine.Export("one", tar, null, CancellationToken.None);
            }

            string names = Shell.Run($"tar tf '{run["export.tar"]}'", "/");
            Assert.Contains("\nmade\n", names, StringComparison.Ordinal);
            Assert.DoesNotContain("\nproc/self", names, StringComparison.Ordinal);
            Assert.DoesNotContain("localhost", Shell.Run($"tar xOf '{run["export.tar"]}' etc/hosts || true", "/"), StringComparison.Ordinal);

            engine.Create(spec with { Image = "made", Process = new ProcessSpec() }, "two", []);
            using RunSession session = engine.StartAttached("two", [], CancellationToken.None);
            string output = "";
            while (session.Read(out OutputChunk chunk, CancellationToken.None))
            {
                output += System.Text.Encoding.UTF8.GetString(chunk.Data.Span);
            }

            Assert.Equal(("made\n", 0), (output, session.Exit!.ExitCode));
        }
        finally
        {
            foreach (Container one in engine.List())
            {
                engine.Remove(one.Id, force: true, CancellationToken.None);
            }

            MonitorRun.Eventually(() => Directory.GetFiles(run["run"] + "/containers", "*.lock").Length == 0, "a monitor stays");
        }
    }
}
