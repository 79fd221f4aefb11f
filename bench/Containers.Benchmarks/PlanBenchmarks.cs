using BenchmarkDotNet.Attributes;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Storage;

namespace Containers.Benchmarks;

/// <summary>What every start pays in the session: the plan of a container with defaults, and the bytes the monitor gets.</summary>
[MemoryDiagnoser]
public class PlanBenchmarks
{
    private LaunchInput _input = null!;
    private LaunchPlan _plan = null!;

    [GlobalSetup]
    public void Setup()
    {
        _input = Sample.LaunchInput();
        _plan = LaunchPlanCompiler.Compile(_input);
    }

    [Benchmark]
    public object Compile() => LaunchPlanCompiler.Compile(_input);

    [Benchmark]
    public byte[] Write() => PlanWriter.Write(_plan);
}

/// <summary>A container with defaults.</summary>
internal static class Sample
{
    internal const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    internal static ContainerRecord Record() => new()
    {
        Id = Id,
        Name = "sample",
        Created = DateTimeOffset.UnixEpoch,
        ImageId = "sha256:" + Id,
        Command = ["true"],
        Spec = Spec(),
    };

    internal static LaunchInput LaunchInput()
    {
        const string Data = "/var/lib/pwsh-containers";
        const string Run = "/run/pwsh-containers/containers/" + Id;
        (List<DeviceNode> devices, _) = DeviceLookup.Find(new SecuritySpec());
        return new LaunchInput
        {
            Id = Id,
            Name = "sample",
            Spec = Spec(),
            Image = new ProgramDefaults([], ["true"], ["PATH=/usr/local/bin:/usr/bin:/bin"], "", "", ""),
            Host = HostFacts.Read(),
            User = new UserIdentity(0, 0, [0], "/root"),
            Cgroup = new PlanCgroup { JoinFiles = [], CloneIntoDirectory = "/sys/fs/cgroup/pwsh-containers/" + Id },
            RootTarget = Run + "/rootfs",
            RootSteps = new OverlayDriver(Data).MountSteps(["layers/sha256/" + Id], Id, Run + "/rootfs", throwAway: true),
            EtcFiles = [.. EtcFiles.Names.Select(name => ("/etc/" + name, Run + "/" + name))],
            Devices = devices,
            DataDirectory = Data + "/containers/" + Id,
            TrashDirectory = Data + "/trash/" + Id,
            RunDirectory = Run,
            NameFile = Data + "/names/sample",
            LogDirectory = Data + "/containers/" + Id + "/log",
        };
    }

    private static ContainerSpec Spec() => new() { Image = "busybox" };
}
