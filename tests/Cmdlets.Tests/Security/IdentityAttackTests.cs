namespace Containers.Cmdlets.Tests.Security;

/// <summary>Users, account files and generated files: S36 to S38.</summary>
[Collection("hosted shell")]
public sealed class IdentityAttackTests(AttackBench bench) : IClassFixture<AttackBench>
{
    private const string Accounts = "printf 'root:x:0:0::/root:/bin/sh\\n0:x:1234:1234::/:\\nweb:x:33:34::/web:\\n' > etc/passwd; "
        + "printf 'root:x:0:\\nextra:x:77:web\\nweb:x:34:\\n' > etc/group";

    [SkippableTheory]
    [InlineData("4294967296")]
    [InlineData("4294967295")]
    [InlineData("-1")]
    [InlineData("0x0")]
    [InlineData("web:")]
    [InlineData(":")]
    [InlineData("+0")]
    [InlineData("nobody-here")]
    [InlineData("0:4294967296")]
    public void S36_A_user_that_is_none_is_refused(string user)
    {
        string image = bench.Image("accounts", Accounts);
        string text = AttackBench.Text(bench.Shell.Run($"Invoke-ContainerImage {image} -RemoveOnExit -User $args[0] -Command id", user));
        Assert.Matches("^ERROR (InvalidUser|UserNotFound|GroupNotFound)$", text);
    }

    [SkippableTheory]
    [InlineData("web", "33 34 77", "34")]
    [InlineData("33", "33 34 77", "34")]
    [InlineData("1000", "1000 0", "0")]
    [InlineData("1000:1000", "1000 1000", "1000")]
    [InlineData("0", "1234 1234", "1234")]
    public void S36_Ids_and_groups_are_those_of_the_image(string user, string expected, string gid)
    {
        string text = bench.Attack("echo $(id -u) $(id -G); id -g", $"-User {user}", bench.Image("accounts", Accounts));
        string[] lines = text.Split('\n');
        Assert.Equal(expected.Split(' ').Distinct().Order(), lines[0].Split(' ').Distinct().Order());
        Assert.Equal(gid, lines[1]);
    }

    [SkippableTheory]
    [InlineData("sparse", "truncate -s 64M etc/passwd")]
    [InlineData("fifo", "mkfifo etc/passwd")]
    [InlineData("directory", "mkdir etc/passwd")]
    [InlineData("hostlink", "ln -s ../../../../../../../../etc/passwd etc/passwd")]
    [InlineData("loop", "ln -s passwd etc/passwd")]
    [InlineData("lines", "yes 'a:x:1:1::/:' | head -n 10000000 > etc/passwd")]
    public void S37_A_hostile_passwd_neither_hangs_nor_leaks(string name, string spoil)
    {
        string image = bench.Image("passwd" + name, spoil);
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        string text = bench.Attack("id -u", "-User daemon", image); // The host has a daemon.
        Assert.True(watch.Elapsed.TotalSeconds < 5, "took " + watch.Elapsed);
        Assert.StartsWith("ERROR ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NotSpecified", text, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("-Hostname $args[0]", "a\nb")]
    [InlineData("-Hostname $args[0]", "a b")]
    [InlineData("-Hostname $args[0]", "a:b")]
    [InlineData("-DomainName $args[0]", "x\n127.0.0.1 evil")]
    public void S38_Nothing_is_injected_into_generated_files(string parameters, string value)
    {
        string text = AttackBench.Text(bench.Shell.Run(
            $"Invoke-ContainerImage {bench.Image("plain")} -RemoveOnExit {parameters} -Command cat,/etc/hosts,/etc/hostname", value));
        Assert.Equal("ERROR InvalidHostName", text);
    }

    [SkippableFact]
    public void S38_A_home_with_colons_or_controls_is_only_a_variable()
    {
        string image = bench.Image("home", "printf 'web:x:33:34::/h\\tx\\r:/bin/sh\\nroot:x:0:0::relative:\\n' > etc/passwd");
        Assert.Equal("33", bench.Attack("id -u", "-User web", image));
        Assert.Equal("/", bench.Attack("echo $HOME", "-User root", image));
        Assert.Equal("3", bench.Attack("grep -c localhost /etc/hosts; true", "-User web", image) is { } n && int.Parse(n, null) >= 2 ? "3" : "none");
    }
}
