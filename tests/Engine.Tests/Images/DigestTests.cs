using Containers.Engine.Images;
using Xunit;

namespace Containers.Engine.Tests.Images;

public sealed class DigestTests
{
    /// <summary>"latest" has the six characters that a hash of no algorithm would have.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("latest")]
    [InlineData("sha256:")]
    [InlineData("sha256:abcdef")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    public void What_is_no_digest_is_not_taken_for_one(string? text) => Assert.False(Digest.TryParse(text, out _));
}
