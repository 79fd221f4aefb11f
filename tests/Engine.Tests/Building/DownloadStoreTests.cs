using System.Net;
using System.Text;
using Containers.Engine.Building;
using Containers.Engine.Building.Cache;
using Containers.Engine.Building.Context;
using Containers.Engine.Building.Execution;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Building;

public sealed class DownloadStoreTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly DownloadStore _store;
    private readonly Site _site = new();

    public DownloadStoreTests()
    {
        _store = new DownloadStore(_folder.Path);
        Directory.CreateDirectory(_folder["web"]);
    }

    public void Dispose()
    {
        _site.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("\"one\"", null)]
    [InlineData("W/\"weak\"", null)]
    [InlineData(null, "Wed, 21 Oct 2015 07:28:00 GMT")]
    [InlineData("\"one\"", "Wed, 21 Oct 2015 07:28:00 GMT")]
    public void What_has_not_changed_is_sent_once(string? tag, string? modified)
    {
        (_site.Tag, _site.Modified) = (tag, modified);
        WebFile first = Download("f");
        WebFile second = Download("f");
        Assert.Equal(["200", "304"], _site.Answers);
        Assert.Equal("hello", File.ReadAllText(second.Path));
        Assert.Equal((first.Name, first.Size, first.Digest, first.Modified), (second.Name, second.Size, second.Digest, second.Modified));
        Assert.NotEqual(first.Path, second.Path);

        _site.Content = "changed";
        (_site.Tag, _site.Modified) = (tag is null ? null : "\"two\"", modified is null ? null : "Thu, 22 Oct 2015 07:28:00 GMT");
        Assert.Equal("changed", File.ReadAllText(Download("f").Path));
        Assert.Equal("changed", File.ReadAllText(Download("f").Path));
        Assert.Equal(["200", "304", "200", "304"], _site.Answers);
    }

    [Fact]
    public void With_a_checksum_nobody_is_asked()
    {
        _site.Tag = "\"one\"";
        WebFile file = Download("f");
        _site.Content = "changed";
        _site.Tag = "\"two\"";
        Assert.Equal("hello", File.ReadAllText(Download("f", file.Digest.ToString()).Path));
        Assert.Equal(["200"], _site.Answers);
        Assert.Equal("ChecksumMismatch", Assert.Throws<EngineException>(() => Download("f", "sha256:" + new string('0', 64))).ErrorId);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("\"one\"", "no-store")]
    public void What_cannot_be_asked_for_or_may_not_be_kept_is_not(string? tag, string? control)
    {
        (_site.Tag, _site.Control) = (tag, control);
        Download("f");
        Download("f");
        Assert.Equal(["200", "200"], _site.Answers);
        Assert.Empty(_store.List(default));
    }

    [Theory]
    [InlineData("content", "HELLO")]
    [InlineData("content", "hello and more")]
    [InlineData("content", null)]
    [InlineData("download.json", "{}")]
    [InlineData("download.json", "[[[[")]
    [InlineData("download.json", null)]
    public void Damage_costs_one_more_download(string name, string? content)
    {
        _site.Tag = "\"one\"";
        Download("f");
        string path = Path.Join(Directory.GetDirectories(_folder["build"] + "/downloads").Single(), name);
        File.Delete(path);
        if (content is not null)
        {
            File.WriteAllText(path, content);
        }

        Assert.Equal("hello", File.ReadAllText(Download("f").Path));
        Assert.Equal("200", _site.Answers[^1]);
        Assert.Equal("hello", File.ReadAllText(Download("f").Path));
        Assert.Equal("304", _site.Answers[^1]);
        Assert.Empty(Directory.GetFileSystemEntries(_folder["build"] + "/tmp"));
    }

    [Fact]
    public void Entries_are_listed_without_passwords_and_can_be_removed()
    {
        _site.Tag = "\"one\"";
        Get(_site.Address.Replace("//", "//me:secret@", StringComparison.Ordinal) + "f", null);
        Download("f");
        List<BuildCacheEntry> entries = [.. _store.List(default)];
        Assert.Equal(2, entries.Count);
        Assert.All(entries, entry => Assert.Equal(("Download", _site.Address + "f", false), (entry.Kind, entry.Description, entry.InUse)));
        Assert.All(entries, entry => Assert.InRange(entry.Size, 5, 64 * 1024));
        Assert.DoesNotContain(
            "secret", string.Concat(Directory.GetFiles(_folder["build"], "*.json", SearchOption.AllDirectories).Select(File.ReadAllText)), StringComparison.Ordinal);
        Assert.All(entries, entry => Assert.True(_store.Remove(entry.Id)));
        Assert.Empty(_store.List(default));
        Assert.False(_store.Remove(entries[0].Id));
        Assert.False(_store.Remove("../tmp"));
    }

    [Fact]
    public void Many_at_once_all_get_the_file()
    {
        _site.Tag = "\"one\"";
        Parallel.For(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            if (i % 5 == 4)
            {
                foreach (BuildCacheEntry entry in _store.List(default))
                {
                    _store.Remove(entry.Id);
                }
            }

            Assert.Equal("hello", File.ReadAllText(Download("f").Path));
        });
        Assert.Empty(Directory.GetFileSystemEntries(_folder["build"] + "/tmp"));
    }

    [Fact]
    public void Builds_that_sweep_meanwhile_disturb_nobody()
    {
        Parallel.For(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            if (i % 2 == 0)
            {
                BuildScratch.Create(_folder.Path, _ => { }).Dispose();
                return;
            }

            _site.Tag = $"\"{i}\""; // Always another one: what was kept is replaced.
            Assert.Equal("hello", File.ReadAllText(Download("f").Path));
        });
        Assert.Equal("hello", File.ReadAllText(Download("f").Path));
    }

    [Fact]
    public void Progress_is_told_with_what_the_server_says_of_the_size()
    {
        List<(long, long?)> told = [];
        DownloadOptions options = new() { Report = (received, total) => told.Add((received, total)) };
        WebFile.Download(_site.Address + "f", _folder["web"], options, default);
        Assert.Equal([(5L, 5L)], told);
    }

    private WebFile Download(string name, string? checksum = null) => Get(_site.Address + name, checksum);

    private WebFile Get(string address, string? checksum) =>
        WebFile.Download(address, _folder["web"], new DownloadOptions { Checksum = checksum, Store = _store }, default);

    /// <summary>A server that knows conditional requests, and notes what it answered.</summary>
    private sealed class Site : IDisposable
    {
        private readonly WebServer _server;

        internal Site() => _server = new WebServer(Answer);

        internal string Address => _server.Address;

        internal string Content { get; set; } = "hello";

        internal string? Tag { get; set; }

        internal string? Modified { get; set; }

        internal string? Control { get; set; }

        internal List<string> Answers { get; } = [];

        public void Dispose() => _server.Dispose();

        private async Task Answer(HttpListenerRequest request, HttpListenerResponse response)
        {
            foreach ((string name, string? value) in ((string, string?)[])[("ETag", Tag), ("Last-Modified", Modified), ("Cache-Control", Control)])
            {
                if (value is not null)
                {
                    response.Headers[name] = value;
                }
            }

            bool same = Tag is not null ? request.Headers["If-None-Match"] == Tag : Modified is not null && request.Headers["If-Modified-Since"] == Modified;
            response.StatusCode = same ? 304 : 200;
            Answers.Add(response.StatusCode.ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (!same)
            {
                response.ContentLength64 = Content.Length;
                await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(Content));
            }
        }
    }
}
