using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Xunit;

namespace Containers.Engine.Tests.Lifecycle;

public class MountValidatorTests
{
    public static TheoryData<MountSpec> Refused() =>
    [
        MountSpec.Bind("/a", "data"), MountSpec.Bind("/a", ""), MountSpec.Bind("/a", "/"), MountSpec.Bind("/a", "/x/.."), MountSpec.Bind("/a", "/a\0b"),
        MountSpec.Bind("/a", "/proc"), MountSpec.Bind("/a", "//proc/"), MountSpec.Bind("/a", "/proc/sys"), MountSpec.Bind("/a", "/x/../proc/self/attr"),
        MountSpec.Bind("/a", "/sys"), MountSpec.Bind("a", "/data"), MountSpec.Bind("", "/data"), MountSpec.Bind("/a\0b", "/data"),
        MountSpec.Bind("/" + new string('a', 5000), "/data"),
        MountSpec.Bind("/a", "/b") with { SubPath = "/etc" }, MountSpec.Bind("/a", "/b") with { SubPath = "x/../../etc" },
        MountSpec.Bind("/a", "/b") with { SubPath = "" }, MountSpec.Bind("/a", "/b") with { Size = 5 },
        MountSpec.Bind("/a", "/b") with { NoCopy = true },
        MountSpec.Bind("/a", "/b") with { IdMap = new IdMapSpec([], []) },
        MountSpec.Bind("/a", "/b") with { IdMap = new IdMapSpec([new IdRange(0, 0, 0)], [new IdRange(0, 0, 1)]) },
        MountSpec.Bind("/a", "/b") with { IdMap = new IdMapSpec([new IdRange(uint.MaxValue, 0, 2)], [new IdRange(0, 0, 1)]) },
        new() { Type = MountType.Volume, Source = "v", Target = "/dev" },
        new() { Type = MountType.Volume, Source = "v", Target = "/b", Propagation = MountPropagation.RShared },
        new() { Type = MountType.Volume, Source = "v", Target = "/b", CreateSource = true },
        new() { Type = MountType.Image, Target = "/b" },
    ];

    public static TheoryData<MountSpec> Accepted() =>
    [
        MountSpec.Bind("/a", "/data"), MountSpec.Bind("/a", "/data/../x//y/"), MountSpec.Bind("/dev", "/dev"), MountSpec.Bind("/a", "/sys/fs/cgroup"),
        MountSpec.Bind("/a", "/proces"), MountSpec.Bind("/a/../b", "/data"), MountSpec.Bind("/a", "/b") with { SubPath = "x..y/z" },
        MountSpec.Tmpfs("/t") with { Size = 1, Mode = 0xFFF },
        new() { Type = MountType.Volume, Source = "v", Target = "/b", NoCopy = true, ChangeOwner = true, ReadOnly = true },
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public void Mounts_that_make_no_sense_are_refused(MountSpec mount) =>
        Assert.Equal("InvalidMount", Assert.Throws<EngineException>(() => MountValidator.Validate([mount])).ErrorId);

    [Theory]
    [MemberData(nameof(Accepted))]
    public void What_makes_sense_is_accepted(MountSpec mount) => MountValidator.Validate([mount]);

    [Fact]
    public void Two_mounts_at_one_place_are_refused_and_both_are_named()
    {
        EngineException error = Assert.Throws<EngineException>(() => MountValidator.Validate(
            [MountSpec.Bind("/srv", "/data"), new MountSpec { Type = MountType.Volume, Source = "db", Target = "/x/../data/" }]));
        Assert.Equal("DuplicateMount", error.ErrorId);
        Assert.Contains("bind \"/srv\" and volume \"db\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void There_is_a_limit_to_their_number()
    {
        Assert.Equal("TooManyMounts", Error(1001, MountPropagation.RPrivate));
        Assert.Equal("TooManyMounts", Error(65, MountPropagation.RSlave));
        Assert.Null(Error(64, MountPropagation.RSlave));

        static string? Error(int count, MountPropagation propagation)
        {
            try
            {
                MountValidator.Validate([.. Enumerable.Range(0, count).Select(i => MountSpec.Bind("/a", "/t" + i) with { Propagation = propagation })]);
                return null;
            }
            catch (EngineException e)
            {
                return e.ErrorId;
            }
        }
    }
}
