using Containers.Engine.Images;
using Xunit;

namespace Containers.Engine.Tests.Images;

public class ImageReferenceTests
{
    private const string Sha = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Theory]
    [InlineData("alpine", "alpine:latest", "docker.io/library/alpine:latest")]
    [InlineData("alpine:3.20", "alpine:3.20", "docker.io/library/alpine:3.20")]
    [InlineData("user/app", "user/app:latest", "docker.io/user/app:latest")]
    [InlineData("docker.io/library/alpine", "alpine:latest", "docker.io/library/alpine:latest")]
    [InlineData("index.docker.io/alpine", "alpine:latest", "docker.io/library/alpine:latest")]
    [InlineData("library/alpine", "alpine:latest", "docker.io/library/alpine:latest")]
    [InlineData("localhost/app", "localhost/app:latest", "localhost/app:latest")]
    [InlineData("localhost:5000/a/b:v1", "localhost:5000/a/b:v1", "localhost:5000/a/b:v1")]
    [InlineData("[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest")]
    [InlineData("Quay/app", "Quay/app:latest", "Quay/app:latest")]
    [InlineData("a__b-c---d.e", "a__b-c---d.e:latest", "docker.io/library/a__b-c---d.e:latest")]
    [InlineData("alpine@" + Sha, "alpine@" + Sha, "docker.io/library/alpine@" + Sha)]
    [InlineData("alpine:3@" + Sha, "alpine:3@" + Sha, "docker.io/library/alpine:3@" + Sha)]
    public void A_reference_gets_dockers_defaults(string text, string familiar, string canonical)
    {
        ImageReference reference = ImageReference.Parse(text);

        Assert.Equal(familiar, reference.ToString());
        Assert.Equal(canonical, reference.Canonical);
        Assert.Equal(reference, ImageReference.Parse(reference.Canonical));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Alpine")]
    [InlineData("user/App")]
    [InlineData("a___b")]
    [InlineData("a..b")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a//b")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("../a")]
    [InlineData("alpine:")]
    [InlineData("alpine:-x")]
    [InlineData("alpine:a b")]
    [InlineData("alpine@sha256:abc")]
    [InlineData("alpine\n")]
    [InlineData("alpine:latest\n")]
    [InlineData("é")]
    [InlineData("-x.com/app")]
    [InlineData("host:99999999/app")]
    [InlineData("127.0.0.1:99999/app")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public void What_docker_refuses_is_refused(string text)
    {
        EngineException e = Assert.Throws<EngineException>(() => ImageReference.Parse(text));

        Assert.Equal("InvalidImageReference", e.ErrorId);
        Assert.False(ImageReference.TryParse(text, out _));
    }

    [Fact]
    public void A_repository_may_have_255_characters_and_a_tag_128()
    {
        Assert.Equal(255, ImageReference.Parse("u/" + new string('a', 253) + ":" + new string('t', 128)).Repository.Length);
        Assert.Throws<EngineException>(() => ImageReference.Parse("u/" + new string('a', 254)));
        Assert.Throws<EngineException>(() => ImageReference.Parse("a:" + new string('t', 129)));
    }

    [Theory]
    [InlineData("sha256:../../../../etc/passwd/../../../../../../../../../../../../etc/xx")]
    [InlineData("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("")]
    public void Only_a_strict_digest_is_a_digest(string text)
    {
        Assert.False(Digest.TryParse(text, out _));
        Assert.Equal("InvalidDigest", Assert.Throws<EngineException>(() => Digest.Parse(text)).ErrorId);
    }

    [Fact]
    public void Both_algorithms_are_understood()
    {
        Assert.Equal(Sha, Digest.Of([]).ToString());
        Assert.Equal("sha512", Digest.Parse("sha512:" + new string('a', 128)).Algorithm);
        Assert.Equal(Sha[7..], Digest.Parse(Sha).Hex);
    }
}
