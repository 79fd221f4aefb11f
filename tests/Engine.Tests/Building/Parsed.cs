using Containers.Engine.Building.Syntax;
using Xunit;

namespace Containers.Engine.Tests.Building;

/// <summary>Shortcuts of the tests of Dockerfiles.</summary>
internal static class Parsed
{
    internal static Dockerfile File(string text) => DockerfileParser.Parse(new SourceText("Dockerfile", text));

    /// <summary>The one instruction that stands below FROM scratch.</summary>
    internal static T One<T>(string instruction)
        where T : Instruction => Assert.IsType<T>(Assert.Single(Assert.Single(File("FROM scratch\n" + instruction).Stages).Instructions));

    internal static EngineException Fails(string text) => Assert.Throws<EngineException>(() => File(text));

    internal static EngineException OneFails(string instruction) => Fails("FROM scratch\n" + instruction);

    /// <summary>Variables that are simply there.</summary>
    internal static WordExpander Expander(params (string Name, string Value)[] variables) => new(new Fixed(variables), '\\');

    private sealed class Fixed(IEnumerable<(string Name, string Value)> variables) : IVariables
    {
        private readonly Dictionary<string, string> _values = variables.ToDictionary(one => one.Name, one => one.Value);

        public IEnumerable<string> Names => _values.Keys;

        public ExpansionBudget Budget { get; } = new();

        public string? Find(string name) => _values.GetValueOrDefault(name);
    }
}
