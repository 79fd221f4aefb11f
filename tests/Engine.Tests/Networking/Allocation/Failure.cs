using Xunit;

namespace Containers.Engine.Tests.Networking.Allocation;

/// <summary>Every refusal has an id that stays, names what it is about, and says what to do.</summary>
internal static class Failure
{
    internal static EngineException Of(string errorId, Action action)
    {
        EngineException e = Assert.Throws<EngineException>(action);
        Assert.Equal(errorId, e.ErrorId);
        Assert.False(string.IsNullOrEmpty(e.Action));
        return e;
    }
}
