using Containers.Engine.Building.Context;
using Xunit;

namespace Containers.Engine.Tests.Building;

public sealed class GitReferenceTests
{
    [Theory]
    [InlineData("https://host/a/b.git", "https://host/a/b.git", null, "")]
    [InlineData("https://host/b.git#main", "https://host/b.git", "main", "")]
    [InlineData("https://host/b.git#v1.0:sub/dir", "https://host/b.git", "v1.0", "sub/dir")]
    [InlineData("https://host/b.git#:sub", "https://host/b.git", null, "sub")]
    [InlineData("git@host:a/b.git#x", "git@host:a/b.git", "x", "")]
    [InlineData("git://host/b", "git://host/b", null, "")]
    [InlineData("ssh://git@host:22/b.git", "ssh://git@host:22/b.git", null, "")]
    [InlineData("https://host/b.git?branch=x&subdir=d", "https://host/b.git", "refs/heads/x", "d")]
    [InlineData("https://host/b.git?tag=v1", "https://host/b.git", "refs/tags/v1", "")]
    [InlineData("https://host/b.git?ref=pull/7/head", "https://host/b.git", "pull/7/head", "")]
    public void Repositories_are_told_with_branch_and_directory(string text, string remote, string? reference, string directory)
    {
        Assert.True(GitReference.TryParse(text, out GitReference? git, out string? fault));
        Assert.Null(fault);
        Assert.Equal((remote, reference, directory), (git.Remote, git.Reference, git.Directory));
    }

    [Theory]
    [InlineData("https://host/archive.tar.gz")]
    [InlineData("https://host/repo.git/file")]
    [InlineData("./dir")]
    [InlineData("/dir/x.git")]
    [InlineData("dir:with:colons")]
    [InlineData("ext::sh -c touch% /tmp/x")]
    [InlineData("file:///etc")]
    [InlineData("-oProxyCommand=x@host:path")]
    [InlineData("user@-oProxyCommand=x:path")]
    public void Other_things_are_no_repositories(string text) => Assert.False(GitReference.TryParse(text, out _, out _));

    [Theory]
    [InlineData("https://host/b.git#--upload-pack=touch")]
    [InlineData("https://host/b.git#-x")]
    [InlineData("https://host/b.git#a..b")]
    [InlineData("https://host/b.git#a b")]
    [InlineData("https://host/b.git#a@{1}")]
    [InlineData("https://host/b.git#a.lock")]
    [InlineData("https://host/b.git#:../x")]
    [InlineData("https://host/b.git#x:a/../../b")]
    [InlineData("https://host/b.git?upload-pack=x")]
    [InlineData("https://host/b.git?branch=a&tag=b")]
    [InlineData("https://host/b.git?commit=zz")]
    [InlineData("ssh://-oProxyCommand=touch/b")]
    public void What_git_could_misunderstand_is_refused(string text)
    {
        Assert.True(GitReference.TryParse(text, out _, out string? fault));
        Assert.NotNull(fault);
    }

    [Theory]
    [InlineData("https://host/a/file.tar.gz?x=1", "file.tar.gz")]
    [InlineData("https://host/a/", "a")]
    [InlineData("https://host", "__unnamed__")]
    [InlineData("https://host/a%20b", "a b")]
    [InlineData("https://host/..%2f..%2fetc%2fpasswd", "__unnamed__")]
    [InlineData("https://host/%2e%2e", "__unnamed__")]
    public void A_downloaded_file_is_called_by_the_end_of_its_address_and_never_a_path(string address, string name) =>
        Assert.Equal(name, WebFile.NameOf(new Uri(address)));
}
