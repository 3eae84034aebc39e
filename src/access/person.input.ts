import { Field, ID, InputType } from '@nestjs/graphql';
import { IsBoolean, IsIn, IsOptional, IsString, IsUUID, Length, Matches } from 'class-validator';
import { PersonRole } from './person.type.js';

const ROLES = Object.values(PersonRole);

@InputType({ description: 'Somebody new.' })
export class CreatePersonInput {
  @Field({
    description: 'What they will type to sign in, such as an e-mail address. 1 to 200 characters, without spaces.',
  })
  @IsString()
  @Matches(/^\S{1,200}$/, { message: 'login is 1 to 200 characters without spaces' })
  login!: string;

  @Field({ description: 'As others see them. 1 to 200 characters.' })
  @IsString()
  @Length(1, 200, { message: 'name is 1 to 200 characters' })
  name!: string;

  @Field(() => PersonRole, { description: 'What they may do.' })
  @IsIn(ROLES)
  role!: PersonRole;
}

@InputType({ description: 'Changes to a person. A field left out stays as it is.' })
export class UpdatePersonInput {
  @Field(() => ID, { description: 'Who.' })
  @IsUUID(undefined, { message: 'id is an id, as "people" lists them', context: { code: 'PERSON_NOT_FOUND' } })
  id!: string;

  @Field(() => String, { nullable: true, description: 'As others see them. 1 to 200 characters.' })
  @IsOptional()
  @IsString()
  @Length(1, 200, { message: 'name is 1 to 200 characters' })
  name?: string | null;

  @Field(() => PersonRole, { nullable: true, description: 'What they may do from their next request on.' })
  @IsOptional()
  @IsIn(ROLES)
  role?: PersonRole | null;

  @Field(() => Boolean, { nullable: true, description: 'true: they are signed out everywhere, and cannot sign in.' })
  @IsOptional()
  @IsBoolean()
  isDisabled?: boolean | null;
}

@InputType({ description: 'Somebody.' })
export class PersonInput {
  @Field(() => ID, { description: 'Who.' })
  @IsUUID(undefined, { message: 'id is an id, as "people" lists them', context: { code: 'PERSON_NOT_FOUND' } })
  id!: string;
}
