using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Security;

/// <summary>Attacks through volumes and mounts: S9, S10, S12, S26, S39, S59.</summary>
[Collection("hosted shell")]
public sealed class VolumeAttackTests(AttackBench bench) : IClassFixture<AttackBench>
{
    private string Store => Path.Combine(bench.Shell.DataRoot, "volumes");

    [SkippableFact]
    public void S9_A_target_that_another_container_swaps_for_a_link_leads_nowhere_but_into_the_container()
    {
        bench.Start(
            "flip", "mkdir -p /v/d /v/real; while true; do rmdir /v/d 2>/dev/null; ln -s $0/../../../../../.. /v/d; rm /v/d; ln -s /proc/self/attr /v/d; rm /v/d; mkdir /v/d; done",
            "-Volume swapped:/v");
        try
        {
            int good = 0;
            for (int i = 0; i < 40; i++)
            {
                string text = bench.Attack("echo inside > /v/d/x; [ -e /proc/self/attr/x ] || echo RAN", "-Volume swapped:/v -Tmpfs /v/d");
                bool ran = text.Split('\n').Contains("RAN");
                Assert.True(ran || text.StartsWith("ERROR ", StringComparison.Ordinal), text);
                good += ran ? 1 : 0;
            }

            Assert.NotEqual(0, good);
        }
        finally
        {
            bench.Remove("flip");
        }

        bench.AssertCanaryUnchanged();
        Assert.DoesNotContain("x", Directory.GetFileSystemEntries("/").Select(Path.GetFileName));
    }

    [SkippableFact]
    public void S9_A_path_below_a_volume_that_is_swapped_for_a_link_never_becomes_the_hosts()
    {
        bench.Start(
            "flip", $"mkdir -p /v/d; echo own > /v/d/secret; while true; do mv /v/d /v/e; ln -s {bench.Canary} /v/d; rm /v/d; ln -s ../../../../../../../..{bench.Canary} /v/d; rm /v/d; mv /v/e /v/d; done",
            "-Volume swapped:/v");
        try
        {
            HashSet<string> seen = [];
            for (int i = 0; i < 40; i++)
            {
                seen.Add(bench.Attack("cat /in/secret; echo overwritten > /in/new", "-Mount @{ Source = 'swapped'; SubPath = 'd'; Target = '/in' }"));
            }

            Assert.Subset(new HashSet<string> { "own", "ERROR UnsafePath", "ERROR MountSourceNotFound" }, seen);
            Assert.Contains("own", seen);
        }
        finally
        {
            bench.Remove("flip");
        }

        bench.AssertCanaryUnchanged();
    }

    [SkippableTheory]
    [InlineData("/link")]
    [InlineData("/link/sys/kernel")]
    [InlineData("/x/link2/self/attr")]
    public void S10_A_volume_behind_a_link_to_proc_is_refused(string target)
    {
        string image = bench.Image("voltoproc", "ln -s /proc link; mkdir x; ln -s ../proc x/link2");
        Assert.StartsWith("ERROR ", bench.Attack("echo RAN", $"-Volume covers:{target}", image), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void S12_What_an_image_calls_a_volume_and_what_lies_there_stay_inside()
    {
        string image = WithVolumes(bench.Image("places", "mkdir real; echo mine > real/own; ln -s /real inside"), "[\"/inside\"]");
        Assert.Equal("mine", bench.Attack("cat /real/own; echo changed > /inside/own", image: image));
        foreach (string link in new[] { "$CANARY", "../../../../../../..$CANARY" })
        {
            // The host's directory is no directory of the container: the link leads to nothing there.
            string outside = WithVolumes(bench.Image("out" + link.Length, $"ln -s {link} outside"), "[\"/outside\"]");
            Assert.Equal("ERROR MountPointNotMade", bench.Attack("echo x > /outside/x", image: outside));
        }

        bench.AssertCanaryUnchanged();
        string proc = WithVolumes(bench.Image("plain"), "/proc/self");
        Assert.Equal("ERROR InvalidMount", bench.Attack("echo RAN", image: proc));
    }

    [SkippableFact]
    public void S26_Exports_and_copies_of_a_volume_that_is_changed_meanwhile_hold_nothing_of_the_host()
    {
        bench.Start(
            "flip", $"mkdir -p /v/d; echo own > /v/f; echo own > /v/d/secret; while true; do rm /v/f; ln -s {bench.Canary}/secret /v/f; rm /v/f; mkfifo /v/f; rm /v/f; mknod /v/f c 1 5; rm /v/f; echo own > /v/f; "
            + $"mv /v/d /v/e; ln -s {bench.Canary} /v/d; rm /v/d; mv /v/e /v/d; done",
            "-Volume moving:/v");
        try
        {
            for (int i = 0; i < 15; i++)
            {
                ScriptResult copied = bench.Shell.Run(
                    "$null = Copy-ContainerVolume moving copy; $null = Remove-ContainerVolume copy -Force;"
                    + " [System.Text.Encoding]::Latin1.GetString([byte[]](Export-ContainerVolume moving -AsByteStream | ForEach-Object { $_ }))");
                Assert.DoesNotContain(copied.Lines, line => line.Contains("canary-secret", StringComparison.Ordinal));
                Assert.All(copied.Errors, error => Assert.Equal("SourceChanged", error.FullyQualifiedErrorId.Split(',')[0]));
            }
        }
        finally
        {
            bench.Remove("flip");
        }

        Assert.Empty(Directory.GetDirectories(Store, ".new-*"));
        bench.AssertCanaryUnchanged();
    }

    [SkippableFact]
    public void S26_An_archive_cannot_write_beside_the_volume()
    {
        string tar = Path.Combine(bench.Canary, "..", "evil.tar");
        bench.Image("plain");
        bench.Host($"cd {bench.Canary}/..; mkdir -p evil; cd evil; ln -sfn {bench.Canary} link; tar cf ../evil.tar link; rm link; mkdir link; echo x > link/x;"
            + " echo y > y; tar rf ../evil.tar link/x; tar rPf ../evil.tar --transform='s|^y|../../y|' y");
        ScriptResult result = bench.Shell.Run("Import-ContainerVolume evil $args[0]", Path.GetFullPath(tar));
        Assert.Equal("UnsafeArchiveEntry", Assert.Single(result.Errors).FullyQualifiedErrorId.Split(',')[0]);
        Assert.False(Directory.Exists(Path.Combine(Store, "evil")));
        bench.AssertCanaryUnchanged();
    }

    [SkippableFact]
    public void S59_A_link_in_the_store_is_no_volume_and_removing_it_touches_nothing_behind_it()
    {
        bench.Attack("true", "-Volume real:/v");
        Directory.CreateSymbolicLink(Path.Combine(Store, "evil"), bench.Canary);
        Assert.Equal("ERROR VolumeDamaged", bench.Attack("echo RAN", "-Volume evil:/v"));
        Assert.Contains("link", bench.Shell.Run("(Get-ContainerVolume | Where-Object Name -eq evil).Problem").Lines.Single(), StringComparison.Ordinal);
        Assert.Empty(bench.Shell.Run("Remove-ContainerVolume evil -Force").Errors);
        Assert.False(Path.Exists(Path.Combine(Store, "evil")));

        Directory.Delete(Path.Combine(Store, "real", "_data"));
        Directory.CreateSymbolicLink(Path.Combine(Store, "real", "_data"), bench.Canary);
        Assert.Equal("ERROR VolumeDamaged", bench.Attack("echo RAN", "-Volume real:/v"));
        Assert.Equal("VolumeDamaged", Assert.Single(bench.Shell.Run("Export-ContainerVolume real -AsByteStream").Errors).FullyQualifiedErrorId.Split(',')[0]);
        Assert.Empty(bench.Shell.Run("Remove-ContainerVolume real -Force").Errors);
        bench.AssertCanaryUnchanged();
    }

    private string WithVolumes(string image, string places)
    {
        string name = image + "with" + places.Count(char.IsAsciiLetter);
        Assert.Empty(bench.Shell.Run(
            $"$null = New-Container {image} -Name maker -Command sh; $null = ConvertTo-ContainerImage maker -Repository {name} -Change $args[0]; Remove-Container maker",
            "VOLUME " + places).Errors);
        return name;
    }
}
