using System.Collections;
using System.Management.Automation;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>
/// For a parameter that is one of the words of an enumeration. PowerShell takes several of them, adds their numbers up, and means whatever other word
/// has the sum: Stopped, Running would be Paused.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SingleValueAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Require(inputData);

    /// <returns>What was given.</returns>
    internal static object Require(object input) => Conversions.Unwrap(input) switch
    {
        IList { Count: > 1 } list => throw Refused(string.Join(", ", list.Cast<object?>().Select(each => each?.ToString()))),
        string text when text.Contains(',', StringComparison.Ordinal) => throw Refused(text),
        _ => input,
    };

    private static ArgumentTransformationMetadataException Refused(string given) => Conversions.Refuse(new EngineException(
        EngineErrorKind.InvalidArgument, "SeveralValues", $"\"{given}\" are several, and one is meant here.", given, "Give one of them."));
}
