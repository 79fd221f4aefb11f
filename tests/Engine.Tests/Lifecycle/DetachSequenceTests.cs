using System.Buffers;
using System.Text;
using Containers.Engine.Lifecycle;
using Xunit;

namespace Containers.Engine.Tests.Lifecycle;

public class DetachSequenceTests
{
    [Theory]
    [InlineData("ctrl-p,ctrl-q", "ab", "ab", false)]
    [InlineData("ctrl-p,ctrl-q", "a\u0010\u0011b", "a", true)]
    [InlineData("ctrl-p,ctrl-q", "\u0010x", "\u0010x", false)]
    [InlineData("ctrl-p,ctrl-q", "\u0010\u0010\u0011", "\u0010", true)]
    [InlineData("ctrl-p,ctrl-q", "a\u0010", "a", false)]
    [InlineData("a,a,b", "aaab", "a", true)]
    [InlineData("a,b,a,c", "ababac", "ab", true)]
    [InlineData("a,b,a,c", "abaab", "aba", false)]
    [InlineData("ctrl-@,ctrl-[,ctrl-_", "\0\u001b\u001f", "", true)]
    [InlineData("CTRL-Q", "\u0011", "", true)]
    [InlineData("~,.", "~.", "", true)]
    [InlineData("", "\u0010\u0011", "\u0010\u0011", false)]
    public void What_is_no_detach_key_passes_whole_and_in_order(string keys, string typed, string passed, bool detached)
    {
        foreach (int size in new[] { 1, 2, typed.Length })
        {
            DetachSequence sequence = DetachSequence.Parse(keys);
            ArrayBufferWriter<byte> output = new();
            bool found = false;
            foreach (byte[] piece in Encoding.UTF8.GetBytes(typed).Chunk(size))
            {
                found = found || sequence.Take(piece, output);
            }

            Assert.Equal(detached, found);
            Assert.Equal(passed, Encoding.UTF8.GetString(output.WrittenSpan));
        }
    }

    [Theory]
    [InlineData("ctrl-")]
    [InlineData("ctrl-1")]
    [InlineData("ctrl-pq")]
    [InlineData("p,,q")]
    [InlineData("alt-p")]
    [InlineData("ä")]
    public void What_is_no_key_is_refused(string keys) =>
        Assert.Equal("InvalidDetachKeys", Assert.Throws<EngineException>(() => DetachSequence.Parse(keys)).ErrorId);
}
