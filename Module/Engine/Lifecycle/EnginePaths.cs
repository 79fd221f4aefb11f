namespace Containers.Engine.Lifecycle;

/// <summary>Where each thing lies under the roots. See docs/architecture.md, "State on disk".</summary>
internal sealed class EnginePaths(EngineOptions options)
{
    internal string DataRoot { get; } = options.DataRoot;

    internal string RunRoot { get; } = options.RunRoot;

    internal string Containers { get; } = options.DataRoot + "/containers";

    internal string Names { get; } = options.DataRoot + "/names";

    internal string Trash { get; } = options.DataRoot + "/trash";

    internal string RunContainers { get; } = options.RunRoot + "/containers";

    internal string Container(string id) => Containers + "/" + id;

    /// <summary>A container that is being made: listed once it is renamed to its id.</summary>
    internal string NewContainer(string id) => Containers + "/" + NewPrefix + id;

    /// <summary>Held while a directory of a new container gets its own lock, and while dead ones are swept.</summary>
    internal string CreationLock => Containers + "/.lock";

    /// <summary>Some container links, or linked, to another one.</summary>
    internal string LinksMark { get; } = options.DataRoot + "/links";

    internal string TrashOf(string id) => Trash + "/" + id;

    internal string Record(string id) => Container(id) + "/config.json";

    internal string State(string id) => Container(id) + "/state.json";

    /// <summary>The plan of the health check of a container that runs.</summary>
    internal string HealthPlan(string id) => Run(id) + "/" + Launch.LaunchPlanCompiler.HealthPlanName;

    internal string Health(string id) => Container(id) + "/health.json";

    internal string Log(string id) => Container(id) + "/log";

    internal string Operations(string id) => Container(id) + "/operations.lock";

    internal string Run(string id) => RunContainers + "/" + id;

    internal string Executions(string id) => Run(id) + "/" + Launch.Plan.MonitorProtocol.ExecutionsName;

    internal string RunLock(string id) => RunContainers + "/" + id + ".lock";

    /// <summary>Names differ by more than case: two people would not find the same container under "Web" and "web".</summary>
    internal string Name(string name) => Names + "/" + name.ToLowerInvariant();

    /// <summary>A file for each container that is a build's step, named by its id: from before it is made until after it is removed.</summary>
    internal string BuildSteps { get; } = options.DataRoot + "/build/steps";

    internal string BuildStep(string id) => BuildSteps + "/" + id;

    internal const string NewPrefix = ".new-";
}
