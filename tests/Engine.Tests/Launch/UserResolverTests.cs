using System.Text;
using Containers.Engine.Launch;
using Xunit;

namespace Containers.Engine.Tests.Launch;

public class UserResolverTests
{
    private const string Passwd = """
        # accounts
        root:x:0:0:root:/root:/bin/sh
        web:x:1000:1001:Web:/srv/web:/bin/sh
        bare:x:2000:2000::relative:/bin/sh
        odd:x:abc:5:::
        short:x:7

        """;

    private const string Group = "root:x:0:\nweb:x:1001:\nlogs:x:30:other,web\nwheel:x:10:web,root\ndocker:x:bad:web\n";

    private static UserIdentity Resolve(string? user, params string[] groups) =>
        UserResolver.Resolve(user, groups, Encoding.UTF8.GetBytes(Passwd), Encoding.UTF8.GetBytes(Group));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("root")]
    [InlineData("0")]
    public void Without_a_user_it_is_root_with_the_groups_of_root(string? user)
    {
        UserIdentity identity = Resolve(user);
        Assert.Equal((0u, 0u, "/root"), (identity.Uid, identity.Gid, identity.Home));
        Assert.Equal([0u, 10u], identity.Groups);
    }

    [Theory]
    [InlineData("web")]
    [InlineData("1000")]
    public void A_name_and_its_number_give_the_same_entry(string user)
    {
        UserIdentity identity = Resolve(user);
        Assert.Equal((1000u, 1001u, "/srv/web"), (identity.Uid, identity.Gid, identity.Home));
        Assert.Equal([1001u, 30u, 10u], identity.Groups);
    }

    [Theory]
    [InlineData("web:logs", 30)]
    [InlineData("web:44", 44)]
    [InlineData("1000:0", 0)]
    public void A_given_group_stands_alone(string user, uint gid)
    {
        UserIdentity identity = Resolve(user);
        Assert.Equal(1000u, identity.Uid);
        Assert.Equal(gid, identity.Gid);
        Assert.Equal([gid], identity.Groups);
    }

    [Fact]
    public void A_number_without_an_entry_has_group_0_and_the_root_as_home()
    {
        UserIdentity identity = Resolve("4711");
        Assert.Equal((4711u, 0u, "/"), (identity.Uid, identity.Gid, identity.Home));
        Assert.Equal([0u], identity.Groups);
    }

    [Fact]
    public void A_home_that_is_no_absolute_path_is_the_root() => Assert.Equal("/", Resolve("bare").Home);

    [Fact]
    public void Additional_groups_are_added_once_by_name_or_number() =>
        Assert.Equal([1001u, 30u, 10u, 99u], Resolve("web", "logs", "99", "1001", "99").Groups);

    [Theory]
    [InlineData("nobody", "UserNotFound")]
    [InlineData("short", "UserNotFound")]
    [InlineData("-1", "UserNotFound")]
    [InlineData("0x0", "UserNotFound")]
    [InlineData("4294967296", "UserNotFound")]
    [InlineData("2147483648", "UserNotFound")]
    [InlineData("odd", "InvalidUser")]
    [InlineData("web:", "InvalidUser")]
    [InlineData("we\nb", "InvalidUser")]
    [InlineData("web:nogroup", "GroupNotFound")]
    [InlineData("web:4294967296", "GroupNotFound")]
    [InlineData("web:docker", "GroupNotFound")]
    public void What_cannot_be_resolved_is_refused(string user, string errorId)
    {
        EngineException e = Assert.Throws<EngineException>(() => Resolve(user));
        Assert.Equal(errorId, e.ErrorId);
        Assert.NotNull(e.ErrorTarget);
    }

    [Fact]
    public void An_unknown_additional_group_is_refused() =>
        Assert.Equal("GroupNotFound", Assert.Throws<EngineException>(() => Resolve("web", "nogroup")).ErrorId);

    [Fact]
    public void Without_files_numbers_still_work()
    {
        Assert.Equal(5u, UserResolver.Resolve("5:6", [], [], []).Uid);
        Assert.Equal(0u, UserResolver.Resolve(null, [], [], []).Uid);
    }

    [Fact]
    public void Carriage_returns_at_line_ends_do_not_become_part_of_a_field() =>
        Assert.Equal([3u, 9u], UserResolver.Resolve("a", [], "a:x:3:3::/:/bin/sh\r\n"u8, "g:x:9:a\r\n"u8).Groups);
}
