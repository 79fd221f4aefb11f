using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Containers.Engine.Building.Context;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Building;

public sealed class BuildContextTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_dockerfile_of_a_directory_is_found_and_links_do_not_lead_out_of_it()
    {
        string context = Directory.CreateDirectory(_folder["context"]).FullName;
        File.WriteAllText(_folder["canary"], "FROM canary\n");
        File.WriteAllText(Path.Join(context, "dockerfile"), "FROM lower\n");
        using BuildContext opened = new ContextOpener(NewFolder).Open(context, default);
        Assert.Equal("FROM lower\n", opened.ReadDockerfile(null).Text);

        foreach (string target in (string[])["../canary", _folder["canary"], "/proc/self/environ"])
        {
            File.Delete(Path.Join(context, "Dockerfile"));
            File.CreateSymbolicLink(Path.Join(context, "Dockerfile"), target);
            Assert.Equal("FROM lower\n", opened.ReadDockerfile(null).Text);
            Assert.Equal("DockerfileNotFound", Assert.Throws<EngineException>(() => opened.ReadDockerfile("Dockerfile")).ErrorId);
        }

        Assert.Equal("DockerfileNotFound", Assert.Throws<EngineException>(() => opened.ReadDockerfile("../canary")).ErrorId);
        Directory.CreateDirectory(Path.Join(context, "sub"));
        File.WriteAllText(Path.Join(context, "sub", "file"), "FROM sub\n");
        File.Delete(Path.Join(context, "Dockerfile"));
        File.CreateSymbolicLink(Path.Join(context, "Dockerfile"), "sub/file");
        Assert.Equal("FROM sub\n", opened.ReadDockerfile(null).Text);
        Assert.Equal("DockerfileUnreadable", Assert.Throws<EngineException>(() => opened.ReadDockerfile("sub")).ErrorId);
        Assert.Equal("BuildContextNotFound", Assert.Throws<EngineException>(() => BuildContext.OpenDirectory(_folder["none"])).ErrorId);
    }

    [Theory]
    [InlineData("cat")]
    [InlineData("gzip")]
    [InlineData("xz")]
    [InlineData("bzip2")]
    [InlineData("zstd -q")]
    public void An_archive_is_unpacked_however_it_is_compressed(string program)
    {
        string source = Directory.CreateDirectory(_folder["source"]).FullName;
        File.WriteAllText(Path.Join(source, "Dockerfile"), "FROM scratch\n");
        Directory.CreateDirectory(Path.Join(source, "d"));
        File.WriteAllText(Path.Join(source, "d", "f"), "content");
        Run("sh", "-c", $"tar -C '{source}' -c . | {program} > '{_folder["archive"]}'");

        using FileStream stream = File.OpenRead(_folder["archive"]);
        using BuildContext context = new ContextOpener(NewFolder).OpenArchive(stream, "archive", default);
        Assert.Equal("FROM scratch\n", context.ReadDockerfile(null).Text);
        Assert.Equal("content", Encoding.UTF8.GetString(context.Root.ReadSmallFile("d/f", 100)!));
    }

    [Fact]
    public void What_is_no_archive_is_a_dockerfile_and_what_is_neither_is_refused()
    {
        using (BuildContext context = new ContextOpener(NewFolder).OpenArchive(new MemoryStream("FROM scratch\nRUN x"u8.ToArray()), "text", default))
        {
            Assert.Equal("FROM scratch\nRUN x", context.ReadDockerfile(null).Text);
        }

        Assert.Throws<EngineException>(() => new ContextOpener(NewFolder).OpenArchive(new MemoryStream(new byte[20 << 20]), "zeros", default));
        Assert.Empty(Directory.GetDirectories(_folder["made"]));
    }

    [Fact]
    public void Hostile_archives_stay_inside_or_are_refused_and_nothing_stays()
    {
        File.WriteAllText(_folder["canary"], "canary");
        string source = Directory.CreateDirectory(_folder["source"]).FullName;
        File.WriteAllText(Path.Join(source, "f"), "overwritten");
        File.CreateSymbolicLink(Path.Join(source, "link"), _folder.Path);
        foreach (string transform in (string[])["s,^f,../../../canary,", "s,^f,/canary,", "s,^f,link/canary,"])
        {
            Run("sh", "-c", $"tar -P -C '{source}' -c -f '{_folder["archive"]}' link f --transform '{transform}'");
            try
            {
                using FileStream stream = File.OpenRead(_folder["archive"]);
                new ContextOpener(NewFolder).OpenArchive(stream, "archive", default).Dispose();
            }
            catch (EngineException e)
            {
                Assert.Equal("UnsafeArchiveEntry", e.ErrorId);
            }

            Assert.Equal("canary", File.ReadAllText(_folder["canary"]));
        }

        File.WriteAllText(Path.Join(source, ".wh.x"), "");
        Run("tar", "-C", source, "-c", "-f", _folder["archive"], ".wh.x");
        using (FileStream stream = File.OpenRead(_folder["archive"]))
        {
            Assert.Equal("UnsafeArchiveEntry", Assert.Throws<EngineException>(() => new ContextOpener(NewFolder).OpenArchive(stream, "a", default)).ErrorId);
        }

        Run("tar", "-C", "/dev", "-c", "-f", _folder["archive"], "null");
        using (FileStream stream = File.OpenRead(_folder["archive"]))
        {
            Assert.Equal("UnsafeArchiveEntry", Assert.Throws<EngineException>(() => new ContextOpener(NewFolder).OpenArchive(stream, "a", default)).ErrorId);
        }

        Run("sh", "-c", $"head -c 3000000 /dev/zero > '{source}/big'; tar -C '{source}' -c big | gzip > '{_folder["archive"]}'");
        using (FileStream stream = File.OpenRead(_folder["archive"]))
        {
            ContextOpener opener = new(NewFolder) { Limits = TarContext.DefaultLimits with { MaxBytes = 1_000_000 } };
            Assert.Equal("ArchiveLimitExceeded", Assert.Throws<EngineException>(() => opener.OpenArchive(stream, "a", default)).ErrorId);
        }

        Run("sh", "-c", $"tar -C '{source}' -c big | gzip | head -c 1000 > '{_folder["archive"]}'");
        using (FileStream stream = File.OpenRead(_folder["archive"]))
        {
            Assert.ThrowsAny<EngineException>(() => new ContextOpener(NewFolder).OpenArchive(stream, "a", default));
        }

        Assert.Empty(Directory.GetDirectories(_folder["made"]));
    }

    [Fact]
    public void Files_of_the_web_are_downloaded_with_their_checksum_and_time()
    {
        using WebServer server = WebServer.Of("hello"u8.ToArray());
        Directory.CreateDirectory(_folder["web"]);
        WebFile file = WebFile.Download(server.Address + "dir/name.txt", _folder["web"], new DownloadOptions(), default);
        Assert.Equal(("name.txt", 5L), (file.Name, file.Size));
        Assert.Equal("sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", file.Digest.ToString());
        Assert.Equal(new DateTimeOffset(2015, 10, 21, 7, 28, 0, TimeSpan.Zero), file.Modified);
        Assert.Equal("hello", File.ReadAllText(file.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file.Path));

        Assert.Equal(5, WebFile.Download(server.Address + "x", _folder["web"], new DownloadOptions { Checksum = file.Digest.ToString() }, default).Size);
        Assert.Equal("ChecksumMismatch", Fails(server.Address + "x", "sha256:" + new string('0', 64)));
        Assert.Equal("InvalidChecksum", Fails(server.Address + "x", "md5:00"));
        Assert.Equal("DownloadFailed", Fails(server.Address + "missing", null));
        Assert.Equal("DownloadFailed", Fails("http://127.0.0.1:1/x", null));
        Assert.Equal("DownloadTooLarge", Fails(server.Address + "x", null, 4));

        string Fails(string address, string? checksum, long maximum = WebFile.MaxBytes) =>
            Assert.Throws<EngineException>(
                () => WebFile.Download(address, _folder["web"], new DownloadOptions { Checksum = checksum, Maximum = maximum }, default)).ErrorId;
    }

    [Fact]
    public void An_address_can_be_a_context()
    {
        string source = Directory.CreateDirectory(_folder["source"]).FullName;
        File.WriteAllText(Path.Join(source, "Dockerfile"), "FROM scratch\n");
        Run("tar", "-C", source, "-czf", _folder["archive"], ".");
        using WebServer server = WebServer.Of(File.ReadAllBytes(_folder["archive"]));
        using (BuildContext context = new ContextOpener(NewFolder).Open(server.Address + "context.tar.gz", default))
        {
            Assert.Equal("FROM scratch\n", context.ReadDockerfile(null).Text);
            Assert.StartsWith("sha256:", context.Identity, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetDirectories(_folder["made"]));
    }

    [SkippableFact]
    public void A_repository_can_be_a_context_and_runs_nothing()
    {
        Skip.IfNot(File.Exists("/usr/bin/git") && File.Exists("/usr/lib/git-core/git-daemon"), "git, or its daemon, is not installed");

        string repository = Directory.CreateDirectory(_folder["repository"]).FullName;
        Directory.CreateDirectory(Path.Join(repository, "sub"));
        File.WriteAllText(Path.Join(repository, "Dockerfile"), "FROM one\n");
        File.WriteAllText(Path.Join(repository, "sub", "Dockerfile"), "FROM two\n");
        File.CreateSymbolicLink(Path.Join(repository, "out"), _folder.Path);
        Git(repository, "init", "-q", "-b", "main");
        Git(repository, "add", ".");
        Git(repository, "commit", "-q", "-m", "one");
        Git(repository, "tag", "v1");
        string first = Git(repository, "rev-parse", "HEAD");
        File.WriteAllText(Path.Join(repository, "Dockerfile"), "FROM three\n");
        Git(repository, "commit", "-q", "-a", "-m", "two");

        int port = LoopbackPort.Next();
        using Process daemon = Process.Start(new ProcessStartInfo("/usr/lib/git-core/git-daemon", ["--listen=127.0.0.1", $"--port={port}", "--export-all", $"--base-path={_folder.Path}", "--reuseaddr"]))!;
        try
        {
            WaitFor(port);
            string address = $"git://127.0.0.1:{port}/repository";
            ContextOpener opener = new(NewFolder);
            using (BuildContext context = opener.Open(address, default))
            {
                Assert.Equal("FROM three\n", context.ReadDockerfile(null).Text);
                Assert.False(context.Root.TryStat(".git", out _));
            }

            foreach (string reference in (string[])["#v1", "#" + first, "?tag=v1", "?ref=" + first])
            {
                using BuildContext context = opener.Open(address + reference, default);
                Assert.Equal((first, "FROM one\n"), (context.Identity, context.ReadDockerfile(null).Text));
            }

            using (BuildContext context = opener.Open(address + "#main:sub", default))
            {
                Assert.Equal("FROM two\n", context.ReadDockerfile(null).Text);
            }

            Assert.Equal("BuildContextNotFound", Assert.Throws<EngineException>(() => opener.Open(address + "#main:out", default)).ErrorId);
            Assert.Equal("GitFailed", Assert.Throws<EngineException>(() => opener.Open(address + "#nothing", default)).ErrorId);
            Assert.Equal("InvalidAddress", Assert.Throws<EngineException>(() => opener.Open(address + "#--upload-pack=x", default)).ErrorId);
            Assert.Equal("ChecksumMismatch", Assert.Throws<EngineException>(() => opener.Open(address + "?commit=0123456789", default)).ErrorId);
            Assert.Empty(Directory.GetDirectories(_folder["made"]));
        }
        finally
        {
            daemon.Kill(entireProcessTree: true);
            daemon.WaitForExit();
        }
    }

    private ContextFolder NewFolder()
    {
        Directory.CreateDirectory(_folder["made"]);
        return new ContextFolder(_folder["made"]);
    }

    private static string Git(string repository, params string[] arguments) => Run(
        "env", ["GIT_CONFIG_GLOBAL=/dev/null", "git", "-C", repository, "-c", "user.name=t", "-c", "user.email=t@localhost", .. arguments]);

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        return output.Trim();
    }

    private static void WaitFor(int port)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using TcpClient client = new("127.0.0.1", port);
                return;
            }
            catch (SocketException) when (attempt < 200)
            {
                Thread.Sleep(50);
            }
        }
    }
}
