using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Volumes;

/// <summary>A test with volumes: after it none is left, nor anything half-made.</summary>
public abstract class VolumeTest(ContainerHostFixture host) : LifecycleTest(host)
{
    protected string Store => Path.Combine(Host.Shell.DataRoot, "volumes");

    protected override void Clean()
    {
        base.Clean();
        Ok("Get-ContainerVolume | Remove-ContainerVolume -Force");
    }

    protected override string Leftovers() => string.Join(
        '\n', new[] { base.Leftovers() }.Concat(Directory.Exists(Store) ? Directory.GetFileSystemEntries(Store).Where(IsLeft) : []).Where(line => line.Length > 0));

    /// <summary>Names of all volumes.</summary>
    protected IReadOnlyList<string> Volumes() => Ok("Get-ContainerVolume | ForEach-Object Name").Lines;

    protected string Data(string volume) => Path.Combine(Store, volume, "_data");

    /// <summary>The image "seed" with files, an owner and a VOLUME at /data.</summary>
    protected void MakeSeedImage()
    {
        if (Ok("\"$(@(Get-ContainerImage seed*).Count)\"").Lines.Single() == "0")
        {
            Ok("Invoke-ContainerImage busybox -Name seeder -Command sh, '-c', 'mkdir -p /data/sub; echo one > /data/a; echo two > /data/sub/b;"
                + " ln -s a /data/link; ln /data/a /data/hard; chown -R 7:8 /data; chmod 4755 /data/a; chmod 1770 /data'");
            Ok("$null = ConvertTo-ContainerImage seeder -Repository seed -Change 'VOLUME /data'; Remove-Container seeder");
        }
    }

    private static bool IsLeft(string entry) => Path.GetFileName(entry) switch
    {
        ".lock" => false,
        ".passing" => Directory.GetFileSystemEntries(entry).Length > 0,
        _ => true,
    };
}
