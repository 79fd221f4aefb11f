using Containers.Engine.Launch;
using Xunit;

namespace Containers.Engine.Tests.Launch;

public class SignalNamesTests
{
    [Theory]
    [InlineData("SIGTERM", 15)]
    [InlineData("term", 15)]
    [InlineData(" SigKill ", 9)]
    [InlineData("9", 9)]
    [InlineData("64", 64)]
    [InlineData("WINCH", 28)]
    [InlineData("CLD", 17)]
    [InlineData("IOT", 6)]
    [InlineData("POLL", 29)]
    [InlineData("RTMIN", 34)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMAX-2", 62)]
    [InlineData("RTMAX", 64)]
    public void Names_and_numbers_are_those_of_the_manual(string text, int number) => Assert.Equal(number, SignalNames.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("SIG")]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("-9")]
    [InlineData("+9")]
    [InlineData("SIGNOPE")]
    [InlineData("RTMIN+31")]
    [InlineData("RTMAX-31")]
    [InlineData("RTMIN+-1")]
    [InlineData("99999999999999")]
    public void What_is_no_signal_is_refused(string text)
    {
        EngineException e = Assert.Throws<EngineException>(() => SignalNames.Parse(text));
        Assert.Equal(("InvalidSignal", EngineErrorKind.InvalidArgument), (e.ErrorId, e.Kind));
        Assert.Equal(text, e.ErrorTarget);
    }

    [Fact]
    public void Every_name_is_read_back_as_its_number()
    {
        Assert.Equal(31, SignalNames.All.Count);
        foreach (int number in Enumerable.Range(1, 31).Concat(Enumerable.Range(34, 31)))
        {
            Assert.Equal(number, SignalNames.Parse(SignalNames.Name(number)));
        }
    }
}
