import { Field, ObjectType } from '@nestjs/graphql';

@ObjectType({ description: 'Why a mutation refused its input. Nothing was changed.' })
export class UserError {
  @Field({
    description:
      'Stable and meant for programs: one of those that the mutation names, such as `URL_INVALID`; or `INVALID_` and a rule, such as `INVALID_LENGTH`, which the description of the input tells.',
  })
  code!: string;

  @Field({ description: 'For a person: what was found and what to write instead.' })
  message!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Path of the input at fault, such as `input.destinationUrl`; null: no single one.',
  })
  field?: string | null;
}
