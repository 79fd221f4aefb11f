using System.Management.Automation;

namespace Containers.Cmdlets;

/// <summary>Takes docker's spelling too: on-failure, unless-stopped. One of them: <see cref="SingleValueAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RestartPolicyTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        Conversions.Unwrap(SingleValueAttribute.Require(inputData)) is string text ? text.Replace("-", "", StringComparison.Ordinal) : inputData;
}
