using System.Formats.Tar;
using System.IO.Compression;
using Containers.Build.Tools;
using Xunit;

namespace Containers.Build.Tests;

public sealed class PackerTests : IDisposable
{
    private static readonly DateTimeOffset s_time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("packer-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_same_files_make_the_same_bytes_whenever_and_in_whatever_order_they_were_written()
    {
        var first = Pack("first", "b.txt", "a.txt");
        var second = Pack("second", "a.txt", "b.txt");

        Assert.Equal(File.ReadAllBytes(first + ".zip"), File.ReadAllBytes(second + ".zip"));
        Assert.Equal(File.ReadAllBytes(first + ".tar.gz"), File.ReadAllBytes(second + ".tar.gz"));
    }

    [Fact]
    public void An_executable_stays_one_in_both_archives()
    {
        var target = Pack("archive", "a.txt");

        using var zip = ZipFile.OpenRead(target + ".zip");
        Assert.Equal(0b1_000_000_111_101_101, zip.GetEntry("Module/bin/run")!.ExternalAttributes >> 16 & 0xFFFF);
        Assert.Equal(0b1_000_000_110_100_100, zip.GetEntry("Module/a.txt")!.ExternalAttributes >> 16 & 0xFFFF);

        using var stream = new GZipStream(File.OpenRead(target + ".tar.gz"), CompressionMode.Decompress);
        using var tar = new TarReader(stream);
        var modes = new Dictionary<string, UnixFileMode>();
        while (tar.GetNextEntry() is { } entry)
        {
            modes.Add(entry.Name, entry.Mode);
        }

        Assert.True(modes["Module/bin/run"].HasFlag(UnixFileMode.OtherExecute));
        Assert.False(modes["Module/a.txt"].HasFlag(UnixFileMode.UserExecute));
    }

    private string Pack(string name, params string[] files)
    {
        var module = _folder.CreateSubdirectory(Path.Combine(name, "Module"));
        foreach (var file in files)
        {
            File.WriteAllText(Path.Combine(module.FullName, file), file);
        }

        var program = Path.Combine(module.CreateSubdirectory("bin").FullName, "run");
        File.WriteAllText(program, "program");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var target = Path.Combine(_folder.FullName, name + "-packed");
        Packer.Pack(module.FullName, target, s_time);
        return target;
    }
}
