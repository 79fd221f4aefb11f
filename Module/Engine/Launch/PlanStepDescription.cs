namespace Containers.Engine.Launch;

/// <summary>One step of a launch plan, for people: what is done, to what, with what.</summary>
/// <param name="Number">Position in the plan, from 1.</param>
/// <param name="Action">The kind of step, for example Mount or SetCapabilities.</param>
/// <param name="Target">Path, name or number it acts on.</param>
/// <param name="Detail">Type, options, value.</param>
/// <param name="By">Who does it: Engine (before the process exists), Monitor, or Container (the new process itself).</param>
public sealed record PlanStepDescription(int Number, string Action, string Target, string Detail, string By);
