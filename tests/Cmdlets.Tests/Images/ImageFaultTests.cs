using System.Globalization;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Images;

/// <summary>
/// Sessions die in the middle of pulls and commits, several pull the same image, others prune meanwhile, the disk is full, layers are damaged
/// (F1, F5, F10, F14): afterwards the store is sound and the same command succeeds.
/// </summary>
public class ImageFaultTests(ContainerHostFixture host, LoopbackRegistry registry) : LifecycleTest(host), IClassFixture<LoopbackRegistry>
{
    private string Reference => registry.Address + "/fault/image:1";

    protected override void Clean()
    {
        base.Clean();
        Run("Get-ContainerImage | Where-Object Repository -ne 'busybox' | Remove-ContainerImage -Force");
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(150)]
    public void A_session_killed_in_a_pull_leaves_nothing_that_the_next_pull_would_trip_over(int milliseconds)
    {
        string id = PushImage();
        using (OtherSession session = new(
            Host, $"while ($true) {{ $null = Request-ContainerImage {Reference}; $null = Remove-ContainerImage {Reference} }}"))
        {
            Eventually(() => Directory.GetDirectories(Layers, "new-*").Length > 0 || session.HasExited, () => "the session pulls nothing", 30);
            Thread.Sleep(milliseconds);
            Assert.False(session.HasExited);
            session.Kill();
        }

        Assert.Equal([id], Ok($"(Request-ContainerImage {Reference}).Id").Lines);
        IsSound();
        Assert.Empty(Directory.GetDirectories(Layers, "new-*"));
    }

    [SkippableFact]
    public void Six_sessions_pull_the_same_image_one_is_killed_and_another_prunes()
    {
        string id = PushImage();
        OtherSession[] sessions = [.. Enumerable.Range(0, 6).Select(_ => new OtherSession(Host, $"(Request-ContainerImage {Reference}).Id"))];
        try
        {
            Eventually(() => Directory.GetDirectories(Layers, "new-*").Length > 0 || sessions.All(one => one.HasExited), () => "nobody pulls", 40);
            sessions[0].Kill();
            Ok("$null = Clear-ContainerStorage -Image -Confirm:$false");
            foreach (OtherSession session in sessions[1..])
            {
                Assert.Equal([id], session.Finish(90));
                Assert.Equal("", session.Errors);
            }
        }
        finally
        {
            foreach (OtherSession session in sessions)
            {
                session.Dispose();
            }
        }

        IsSound();
    }

    [SkippableTheory]
    [InlineData("a file of a layer")]
    [InlineData("a missing file")]
    [InlineData("another owner")]
    [InlineData("one file more")]
    public void A_damaged_layer_is_found_and_the_next_pull_heals_it(string damage)
    {
        string id = PushImage();
        Ok($"$null = Request-ContainerImage {Reference}");
        string root = Ok($"(Get-ContainerImageLayer {Reference})[-1].Path").Lines.Single();
        string file = Directory.GetFiles(root, "big2").Single();
        switch (damage)
        {
            case "a file of a layer":
                using (FileStream stream = File.OpenWrite(file))
                {
                    stream.WriteByte(7);
                }

                break;
            case "a missing file":
                File.Delete(file);
                break;
            case "another owner":
                Ok("chown 77 $args[0]", file);
                break;
            default:
                File.WriteAllText(Path.Combine(root, "strange"), "x");
                break;
        }

        string found = Ok("Test-ContainerHost | Where-Object IsError | ForEach-Object Check").Lines.Single();
        Assert.Equal("LayerDamaged", found);
        Assert.Equal([id], Ok($"(Request-ContainerImage {Reference}).Id").Lines);
        IsSound();
    }

    [SkippableFact]
    public void A_damaged_layer_that_a_container_runs_on_stays_below_it_when_it_is_healed_until_nobody_has_it()
    {
        PushImage();
        Ok($"$null = Request-ContainerImage {Reference}; $null = Invoke-ContainerImage {Reference} -Detach -Name holds -Command sleep, 1000");
        string root = Ok($"(Get-ContainerImageLayer {Reference})[-1].Path").Lines.Single();
        File.WriteAllText(Path.Combine(root, "strange"), "x");
        Assert.Contains("LayerDamaged", Ok("Test-ContainerHost | ForEach-Object Check").Lines);
        ScriptResult healed = Ok($"$null = Request-ContainerImage {Reference} -WarningVariable said -WarningAction SilentlyContinue; $said");
        Assert.Contains("'holds'", Assert.Single(healed.Lines), StringComparison.Ordinal);

        // One that starts now has the sound layer; the other one's is nobody's leftover.
        Ok($"$null = Invoke-ContainerImage {Reference} -Detach -Name sound -Command sleep, 1000");
        Assert.DoesNotContain("Leftover", Ok("Test-ContainerHost | ForEach-Object Check").Lines);
        Ok("$null = Clear-ContainerStorage -Image -Confirm:$false; $null = New-ContainerImage another:1 -Program busybox -Message another");
        Assert.Equal(["f", "strange"], Ok("Invoke-ContainerCommand holds ls, /dir2; Invoke-ContainerCommand holds ls, /strange").Lines.Select(Path.GetFileName));
        Assert.Equal(["f"], Ok("Invoke-ContainerCommand sound ls, /dir2").Lines);
        Assert.Single(Directory.GetDirectories(Layers, "old-*"));

        Ok("Restart-Container holds -Timeout 0");
        Ok("Invoke-ContainerCommand holds ls, /dir2");
        Assert.Contains("Leftover", Ok("Test-ContainerHost | ForEach-Object Check").Lines);
        Ok("$null = Clear-ContainerStorage -Image -Confirm:$false");
        Assert.Empty(Directory.GetDirectories(Layers, "old-*"));
        Assert.Equal(["f"], Ok("Invoke-ContainerCommand holds ls, /dir2").Lines);
    }

    [SkippableFact]
    public void A_commit_that_the_disk_has_no_room_for_leaves_the_container_running()
    {
        using TemporaryFolder folder = new();
        string data = Path.Combine(folder.Path, "data");
        Directory.CreateDirectory(data);
        Ok("mount -t tmpfs -o size=12m,mode=700 full $args[0]", data);
        try
        {
            string script = "$env:CONTAINERS_DATA_ROOT = $args[0]; try {{ {0} }} finally {{ $env:CONTAINERS_DATA_ROOT = $args[1] }}";
            string In(string command) => string.Format(CultureInfo.InvariantCulture, script, command);
            Ok(In("$null = New-ContainerImage small -Program busybox; $null = Invoke-ContainerImage small -Detach -Name works -Network none -Command sh, '-c', 'i=0; while :; do i=$((i+1)); echo $i >/dev/shm/beat; sleep 0.05; done'"), data, Host.Shell.DataRoot);
            try
            {
                Ok("dd if=/dev/zero of=\"$($args[0])/fill\" bs=4k 2>$null", data);
                Fails("DiskFull", In("ConvertTo-ContainerImage works made:1"), data, Host.Shell.DataRoot);
                Assert.Equal(["Running"], Ok(In("\"$((Get-Container works).State)\""), data, Host.Shell.DataRoot).Lines);
                string beat = $"/proc/{Ok(In("(Get-Container works).ProcessId"), data, Host.Shell.DataRoot).Lines.Single()}/root/dev/shm/beat";
                string before = File.ReadAllText(beat);
                Eventually(() => File.ReadAllText(beat) != before, () => "it stands still");
            }
            finally
            {
                Run(In("Remove-Container works -Force"), data, Host.Shell.DataRoot);
            }
        }
        finally
        {
            Ok("umount $args[0]", data);
        }
    }

    [SkippableFact]
    public void A_damaged_image_that_no_registry_has_still_starts_with_a_warning()
    {
        Ok("$null = New-ContainerImage alone:1 -Program busybox -Message alone");
        File.WriteAllText(Path.Combine(Ok("(Get-ContainerImageLayer alone:1).Path").Lines.Single(), "strange"), "x");
        Assert.Contains("LayerDamaged", Ok("Test-ContainerHost | ForEach-Object Check").Lines);
        Assert.Equal(["Damaged"], Ok("\"$((Get-ContainerImage alone:1).State)\"").Lines);
        ScriptResult run = Ok("Invoke-ContainerImage alone:1 -RemoveOnExit -Command echo, hi -WarningVariable said -WarningAction SilentlyContinue; $said.Count");
        Assert.Equal(["hi", "1"], run.Lines);
        File.Delete(Path.Combine(Ok("(Get-ContainerImageLayer alone:1).Path").Lines.Single(), "strange"));
        Assert.Empty(Ok("Test-ContainerHost | Where-Object IsError").Output);
        Assert.Equal(["Ready"], Ok("\"$((Get-ContainerImage alone:1).State)\"").Lines);
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(13)]
    public void On_a_full_disk_a_pull_says_so_and_leaves_what_can_be_cleared(int megabytes)
    {
        PushImage();
        using TemporaryFolder folder = new();
        string data = Path.Combine(folder.Path, "data");
        Directory.CreateDirectory(data);
        Ok("mount -t tmpfs -o \"size=$($args[0])m,mode=700\" full $args[1]", megabytes, data);
        try
        {
            string script = "$env:CONTAINERS_DATA_ROOT = $args[0]; try {{ {0} }} finally {{ $env:CONTAINERS_DATA_ROOT = $args[1] }}";
            string In(string command) => string.Format(CultureInfo.InvariantCulture, script, command);
            Fails("DiskFull", In($"Request-ContainerImage {Reference}"), data, Host.Shell.DataRoot);
            Assert.Empty(Ok(In("Get-ContainerImage"), data, Host.Shell.DataRoot).Lines);
            Ok("dd if=/dev/zero of=\"$($args[0])/fill\" bs=64k 2>$null", data);
            Ok(In("$null = Clear-ContainerStorage -Confirm:$false"), data, Host.Shell.DataRoot);
            Assert.Empty(Ok(In("Test-ContainerHost | ForEach-Object Check"), data, Host.Shell.DataRoot).Lines);
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(data, "layers")));
        }
        finally
        {
            Ok("umount $args[0]", data);
        }
    }

    [SkippableFact]
    public void A_session_killed_in_a_commit_leaves_the_container_and_no_half_image()
    {
        Ok("$null = Invoke-ContainerImage busybox -Name big -Command sh, '-c', 'dd if=/dev/urandom of=/big bs=1M count=40 2>/dev/null'");
        using (OtherSession session = new(Host, "while ($true) { $null = ConvertTo-ContainerImage big half:1; $null = Remove-ContainerImage half:1 }"))
        {
            Eventually(() => Directory.GetDirectories(Layers, "new-*").Length > 0 || session.HasExited, () => "the session commits nothing", 30);
            session.Kill();
        }

        Ok("$null = ConvertTo-ContainerImage big half:2");
        Assert.Equal(["big"], Ok("Invoke-ContainerImage half:2 -RemoveOnExit -Command ls, /, '-1' | Where-Object { $_ -eq 'big' }").Lines);
        IsSound();
    }

    /// <summary>F1: five seeds, or as many as CONTAINERS_TEST_SEEDS says.</summary>
    [SkippableFact]
    public void A_session_killed_at_any_moment_of_pull_load_commit_or_copy_leaves_a_sound_store()
    {
        string id = PushImage();
        using TemporaryFolder folder = new();
        string archive = Path.Combine(folder.Path, "saved.tar");
        Ok($"$null = Request-ContainerImage {Reference}; $null = Export-ContainerImage {Reference} -Path $args[0]; $null = Remove-ContainerImage {Reference} -Force", archive);
        Ok("$null = Invoke-ContainerImage busybox -Name seeded -Command sh, '-c', 'dd if=/dev/urandom of=/big bs=1M count=6 2>/dev/null'");
        int seeds = int.TryParse(Environment.GetEnvironmentVariable("CONTAINERS_TEST_SEEDS"), CultureInfo.InvariantCulture, out int wanted) ? wanted : 5;
        for (int seed = 1; seed <= seeds; seed++)
        {
            Random random = new(seed);
            using (OtherSession session = new(
                Host,
                $"'ready' > '{folder.Path}/ready{seed}'; while ($true) {{ $null = Request-ContainerImage {Reference}; $null = Remove-ContainerImage {Reference} -Force;"
                + $"$null = Import-ContainerImage '{archive}'; $null = Remove-ContainerImage {Reference} -Force;"
                + $"$null = ConvertTo-ContainerImage seeded half:1; $null = Remove-ContainerImage half:1 -Force; Copy-ContainerFile seeded:/big '{folder.Path}/out'; Copy-ContainerFile '{folder.Path}/out' seeded:/in }}"))
            {
                Eventually(() => File.Exists($"{folder.Path}/ready{seed}") || session.HasExited, () => "the session does not begin", 40);
                Thread.Sleep(random.Next(1500));
                Assert.False(session.HasExited, session.HasExited ? session.Errors : "");
                session.Kill();
            }

            string because = $"seed {seed}";
            IsSound();
            Assert.True(Ok($"(Request-ContainerImage {Reference}).Id").Lines.SequenceEqual([id]), because);
            Ok("$null = Import-ContainerImage $args[0]; $null = ConvertTo-ContainerImage seeded whole:1", archive);
            Assert.True(Ok("Invoke-ContainerImage whole:1 -RemoveOnExit -Command ls, /, '-1' | Where-Object { $_ -eq 'big' }").Lines.SequenceEqual(["big"]), because);
            Ok($"Copy-ContainerFile seeded:/big $args[0]; Get-ContainerImage | Where-Object Repository -ne 'busybox' | Remove-ContainerImage -Force", folder.Path + "/again");
            IsSound();
            Assert.True(Directory.GetFileSystemEntries(Layers).All(path => !Path.GetFileName(path).Contains('-', StringComparison.Ordinal)), because);
        }
    }

    private string Layers => Path.Combine(Host.Shell.DataRoot, "layers");

    private void IsSound() => Assert.Empty(Ok("Test-ContainerHost | Where-Object IsError | ForEach-Object { \"$($_.Check) $($_.Target) $($_.Message)\" }").Lines);

    /// <summary>An image of several layers with content that does not compress, in the registry and not here.</summary>
    private string PushImage()
    {
        Skip.If(LoopbackRegistry.Missing is not null, LoopbackRegistry.Missing);
        Ok("$name = 'busybox'; foreach ($i in 1, 2) {"
            + "$null = Invoke-ContainerImage $name -Name \"step$i\" -Command sh, '-c', \"dd if=/dev/urandom of=/big$i bs=1M count=8 2>/dev/null; mkdir /dir$i; echo $i >/dir$i/f\";"
            + $"$name = \"fault/step$i\"; $null = ConvertTo-ContainerImage \"step$i\" $name }}; $null = Add-ContainerImageTag $name {Reference};"
            + $"$null = Submit-ContainerImage {Reference}");
        string id = Ok($"(Get-ContainerImage {Reference}).Id").Lines.Single();
        Ok($"Get-Container | Remove-Container -Force; Get-ContainerImage | Where-Object Repository -ne 'busybox' | Remove-ContainerImage -Force");
        return id;
    }
}
