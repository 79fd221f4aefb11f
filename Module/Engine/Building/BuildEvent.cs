namespace Containers.Engine.Building;

/// <summary>What happens in a build, in the order in which it is told; always on the thread that called it.</summary>
public abstract record BuildEvent(BuildStep Step);

/// <summary>A step begins.</summary>
public sealed record BuildStepStarted(BuildStep Step) : BuildEvent(Step);

/// <summary>A step has done what it had to, or it was there already.</summary>
public sealed record BuildStepFinished(BuildStep Step) : BuildEvent(Step);

/// <summary>A step failed; the build ends with its failure.</summary>
public sealed record BuildStepFailed(BuildStep Step) : BuildEvent(Step);

/// <param name="Line">Without its end.</param>
public sealed record BuildOutput(BuildStep Step, string Line) : BuildEvent(Step);

/// <summary>A step downloads a file.</summary>
/// <param name="Received">Bytes so far.</param>
/// <param name="Total">Null where the server does not say.</param>
public sealed record BuildDownload(BuildStep Step, long Received, long? Total) : BuildEvent(Step);
