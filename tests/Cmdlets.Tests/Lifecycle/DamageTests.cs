namespace Containers.Cmdlets.Tests.Lifecycle;

/// <summary>A damaged record is shown as such, hides no other container, and can be removed (F13).</summary>
public class DamageTests(ContainerHostFixture host) : LifecycleTest(host)
{
    private static void Damage(string path, string kind)
    {
        byte[] content = File.ReadAllBytes(path);
        File.Delete(path);
        switch (kind)
        {
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "half":
                File.WriteAllBytes(path, content[..(content.Length / 2)]);
                break;
            case "random":
                new Random(5).NextBytes(content);
                File.WriteAllBytes(path, content);
                break;
            case "folder":
                Directory.CreateDirectory(path);
                break;
            case "link":
                File.CreateSymbolicLink(path, "/etc/passwd");
                break;
            case "future":
                File.WriteAllText(path,
                    System.Text.Encoding.UTF8.GetString(content).Replace("\"version\":1", "\"version\":99", StringComparison.Ordinal));
                break;
            default:
                Assert.Equal("missing", kind);
                break;
        }
    }

    [SkippableTheory]
    [InlineData("config.json", "empty")]
    [InlineData("config.json", "half")]
    [InlineData("config.json", "random")]
    [InlineData("config.json", "folder")]
    [InlineData("config.json", "link")]
    [InlineData("config.json", "future")]
    [InlineData("config.json", "missing")]
    [InlineData("state.json", "empty")]
    [InlineData("state.json", "half")]
    [InlineData("state.json", "random")]
    [InlineData("state.json", "folder")]
    [InlineData("state.json", "link")]
    public void Only_the_damaged_container_is_reported(string file, string kind)
    {
        Detach("bad", "exit 0");
        Ok("$null = Wait-Container bad -Timeout 10; $null = New-Container busybox -Name good");
        AwaitState("bad", "Exited");
        Eventually(() => !Host.Monitors().Any(), () => "the monitor lives");
        string id = Get("bad", "Id");
        Damage(Path.Combine(Host.Shell.DataRoot, "containers", id, file), kind);
        Assert.Equal(["Created", "Damaged"], Ok("(Get-Container).State | ForEach-Object { \"$_\" } | Sort-Object").Lines);
        Assert.NotEmpty(Get(id, "Problem"));
        Assert.Equal("Created", Get("good", "State"));
        Assert.NotEmpty(Run("Start-Container $args[0]", id).Errors);
        Ok("Remove-Container bad");
        Assert.Equal(["good"], Ok("(Get-Container).Name").Lines);
        Ok("$null = New-Container busybox -Name bad");
    }

    [SkippableFact]
    public void A_running_container_whose_record_is_damaged_is_removed_with_its_process()
    {
        Detach("bad");
        string id = Get("bad", "Id");
        int pid = Number("bad", "ProcessId");
        Damage(Path.Combine(Host.Shell.DataRoot, "containers", id, "config.json"), "half");
        Assert.Equal("Damaged", Get(id, "State"));
        Ok("Remove-Container bad -Force");
        Eventually(() => !IsAlive(pid), () => "its process is left");
        Eventually(() => Host.Leftovers().Length == 0, Host.Leftovers);
    }
}
