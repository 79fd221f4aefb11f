namespace Containers.Cmdlets;

/// <summary>A network that a cmdlet is to act on.</summary>
/// <param name="Id">What the engine is asked for: the id where it is known, else what the user typed.</param>
/// <param name="Name">What the user sees.</param>
internal readonly record struct NetworkTarget(string Id, string Name);
